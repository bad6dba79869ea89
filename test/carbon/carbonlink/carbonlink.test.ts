import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import {
  type CarbonlinkService,
  startCarbonlink,
} from '../../../bundle/carbon/carbonlink/index.ts';
import type { MetricReader } from '../../../bundle/carbon/store.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import {
  type CarbonlinkRequest,
  decodeCarbonlinkAnswer,
  encodeCarbonlinkRequest,
} from '../../../bundle/wire/carbonlink.ts';
import { FrameReader } from '../../../bundle/wire/frame-reader.ts';
import { graphiteWebMissing, runGraphiteWeb } from '../graphite-web.ts';

const none = { times: new Float64Array(0), values: new Float64Array(0) };
const reader: MetricReader = {
  fetch: () => undefined,
  info: (name) =>
    name === 'a.b'
      ? { name, aggregationMethod: 'sum', xFilesFactor: 0, maxRetention: 1, retentions: [] }
      : undefined,
  cached: (metric) =>
    metric === 'a.b' || metric === 'n;k=v;l=w'
      ? { times: Float64Array.of(60, 120), values: Float64Array.of(1.5, -2) }
      : none,
};

let service: CarbonlinkService;

before(async () => {
  service = await startCarbonlink({
    address: { host: '127.0.0.1', port: 0 },
    reader,
    log: silentLogger,
    idleTimeoutSeconds: 5,
  });
});

after(() => service.stop());

async function open(port = service.address.port): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes and reads `count` answers. */
async function exchange(socket: Socket, bytes: Buffer, count: number) {
  const frames = new FrameReader(1e6);
  const answers: Map<unknown, unknown>[] = [];
  socket.write(bytes);
  while (answers.length < count) {
    const [piece] = (await once(socket, 'data')) as [Buffer];
    answers.push(...frames.push(piece).map(decodeCarbonlinkAnswer));
  }
  return answers;
}

const points = [
  [60, 1.5],
  [120, -2],
];

test('one connection answers many requests', async () => {
  const socket = await open();
  const requests: CarbonlinkRequest[] = [
    { type: 'cache-query', metric: 'a.b' },
    { type: 'cache-query', metric: 'no.such' },
    { type: 'cache-query', metric: 'n;l=w;k=v' },
    { type: 'cache-query-bulk', metrics: ['a.b', 'x'] },
    { type: 'get-metadata', metric: 'a.b', key: 'aggregationMethod' },
    { type: 'get-metadata', metric: 'x', key: 'aggregationMethod' },
    { type: 'get-metadata', metric: 'a.b', key: 'retention' },
    { type: 'set-metadata', metric: 'a.b', key: 'aggregationMethod', value: 'max' },
  ];
  const answers = await exchange(
    socket,
    Buffer.concat(requests.map(encodeCarbonlinkRequest)),
    requests.length,
  );
  assert.deepEqual(answers.slice(0, 5), [
    new Map([['datapoints', points]]),
    new Map([['datapoints', []]]),
    new Map([['datapoints', points]]),
    new Map([
      [
        'datapointsByMetric',
        new Map([
          ['a.b', points],
          ['x', []],
        ]),
      ],
    ]),
    new Map([['value', 'sum']]),
  ]);
  assert.match(String(answers[5]?.get('error')), /no metric is called "x"/);
  assert.match(String(answers[6]?.get('error')), /unknown metadata key "retention"/);
  assert.match(String(answers[7]?.get('error')), /storage-aggregation\.conf/);
  socket.destroy();
});

test('a request byte by byte', async () => {
  const socket = await open();
  socket.setNoDelay(true);
  const bytes = encodeCarbonlinkRequest({ type: 'cache-query', metric: 'a.b' });
  for (const byte of bytes.subarray(0, -1)) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [answer] = await exchange(socket, bytes.subarray(-1), 1);
  assert.deepEqual(answer?.get('datapoints'), points);
  socket.destroy();
});

test('a bad pickle is an error, a bad frame the end', async () => {
  const socket = await open();
  const system = Buffer.from("cos\nsystem\n(S'true'\ntR.");
  const header = Buffer.alloc(4);
  header.writeUInt32BE(system.length);
  const [answer] = await exchange(socket, Buffer.concat([header, system]), 1);
  assert.match(String(answer?.get('error')), /opcode 0x63 is not allowed/);
  const refused = service.statistics.refused;
  socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await once(socket, 'close');
  assert.equal(service.statistics.refused, refused + 1);
});

test('an idle connection is closed', async () => {
  const short = await startCarbonlink({
    address: { host: '127.0.0.1', port: 0 },
    reader,
    log: silentLogger,
    idleTimeoutSeconds: 0.05,
  });
  const socket = await open(short.address.port);
  await once(socket, 'close');
  await short.stop();
});

test("graphite-web's own client is answered", { skip: graphiteWebMissing }, async () => {
  for (const protocol of ['-1', '2', '0']) {
    const answers = await runGraphiteWeb(
      {
        CARBONLINK_HOSTS: `['127.0.0.1:${service.address.port}:a']`,
        CARBONLINK_PICKLE_PROTOCOL: protocol,
      },
      `
from graphite.carbonlink import CarbonLink
link = CarbonLink()
result([link.query('a.b'), link.query('none'), link.get_metadata('a.b', 'aggregationMethod')])
`,
    );
    assert.deepEqual(answers, [points, [], 'sum']);
  }
});
