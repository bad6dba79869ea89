// A test point through every door that is open for points, and back through the Graphite API.
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { messageOf } from '../../bundle/core/errors.ts';
import { encodePickle } from '../../bundle/wire/pickle.ts';
import { ProtobufWriter } from '../../bundle/wire/protobuf.ts';
import { askHttp } from './ask-http.ts';
import { tlsOptions } from './door-tls.ts';
import { type Door, reachableHost } from './doors.ts';
import { type Check, type Finding, good, problem, warning } from './finding.ts';

const sendMs = 3000;
const readBackMs = 5000;
const pollMs = 100;

interface TestPoint {
  name: string;
  value: number;
  time: number;
}

const plaintext = ({ name, value, time }: TestPoint): string => `${name} ${value} ${time}\n`;

function sendTcp(door: Door, bytes: string | Uint8Array): Promise<void> {
  const { address, secure } = door;
  const where = { host: reachableHost(address), port: address.port };
  return new Promise((resolve, reject) => {
    const socket = secure ? connectSecurely({ ...where, ...tlsOptions(door) }) : connect(where);
    socket.setTimeout(sendMs, () => socket.destroy(new Error('no answer')));
    socket.once(secure ? 'secureConnect' : 'connect', () => socket.end(bytes));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
  });
}

function sendUdp({ address }: Door, text: string): Promise<void> {
  const host = reachableHost(address);
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.send(text, address.port, host, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Sends `body` behind its length, as the pickle and protobuf receivers want it. */
function sendFrame(door: Door, body: Uint8Array): Promise<void> {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  frame.set(body, 4);
  return sendTcp(door, frame);
}

/** carbonpb's Payload with one metric of one point. */
function encodePayload({ name, value, time }: TestPoint): Uint8Array {
  const message = new ProtobufWriter();
  const metric = message.open(1);
  message.string(1, name);
  const point = message.open(2);
  message.int(1, time);
  message.double(2, value);
  message.close(point);
  message.close(metric);
  return message.finish();
}

const ways: {
  name: Door['name'];
  label: string;
  send(door: Door, point: TestPoint): Promise<unknown>;
}[] = [
  {
    name: 'plaintext',
    label: 'plaintext_tcp',
    send: (door, point) => sendTcp(door, plaintext(point)),
  },
  {
    name: 'plaintext',
    label: 'plaintext_udp',
    send: (door, point) => sendUdp(door, plaintext(point)),
  },
  {
    name: 'pickle',
    label: 'pickle',
    send: (door, { name, value, time }) => sendFrame(door, encodePickle([[name, [time, value]]])),
  },
  {
    name: 'protobuf',
    label: 'protobuf',
    send: (door, point) => sendFrame(door, encodePayload(point)),
  },
  {
    name: 'httpReceiver',
    label: 'http',
    send: (door, point) => askHttp(door, { method: 'POST', path: '/', body: plaintext(point) }),
  },
];

// Whether the API works is told by the state of its service.
async function answers(api: Door): Promise<boolean> {
  try {
    await askHttp(api, { method: 'GET', path: '/version' });
    return true;
  } catch {
    return false;
  }
}

async function readBack(api: Door, { name, value }: TestPoint): Promise<string | undefined> {
  const path = `/render?format=json&noCache=1&from=-10min&target=${encodeURIComponent(name)}`;
  const deadline = Date.now() + readBackMs;
  let last = 'the point does not appear';
  do {
    try {
      const series = JSON.parse(await askHttp(api, { method: 'GET', path })) as {
        datapoints: [number | null, number][];
      }[];
      if (series.some(({ datapoints }) => datapoints.some(([found]) => found === value)))
        return undefined;
    } catch (error) {
      last = messageOf(error);
    }
    await delay(pollMs);
  } while (Date.now() < deadline);
  return last;
}

export const checkDoors: Check = async ({ doors, status }) => {
  if (status === undefined || doors.plaintext === undefined) return [];
  const { carbonapi } = doors;
  const api = carbonapi !== undefined && (await answers(carbonapi)) ? carbonapi : undefined;
  const findings: Finding[] = [];
  const host = hostname().replace(/[^A-Za-z0-9_-]/g, '_');
  const time = Math.floor(Date.now() / 1000);
  for (const [index, { name, label, send }] of ways.entries()) {
    const door = doors[name];
    if (door === undefined || !door.enabled) continue;
    if (label === 'plaintext_udp' && !door.udp) continue;
    // A value of its own for each run, so that an older point cannot answer for this one.
    const point = { name: `carbon.agents.${host}.doctor.${label}`, value: time + index, time };
    const where = `${label.replace('_', ' ')}, port ${door.address.port}`;
    try {
      await send(door, point);
    } catch (error) {
      findings.push(
        problem('doors', `${where}: ${messageOf(error)}`, 'dkm status; dkm logs carbon'),
      );
      continue;
    }
    if (api === undefined) continue;
    const lost = await readBack(api, point);
    findings.push(
      lost === undefined
        ? good('doors', `${where}: a test point came back through the Graphite API`)
        : warning(
            'doors',
            `${where}: a test point was sent but does not come back: ${lost}`,
            `dkmadmin why ${point.name}`,
          ),
    );
  }
  return findings;
};
