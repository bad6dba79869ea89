// Receivers inside TLS: client certificates, the half-close and back-pressure of the plain stream, failed
// and unfinished handshakes, renewed certificates.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { startHttpReceiver } from '../../../bundle/carbon/receivers/http.ts';
import { startTcpReceiver } from '../../../bundle/carbon/receivers/tcp.ts';
import type { TlsFiles } from '../../../bundle/core/tls-files.ts';
import {
  createAuthority,
  signIdentity,
  signRevocations,
} from '../../../installer/tls/certificates.ts';
import { waitFor } from '../carbon-process.ts';
import { createReceiving } from './receiving.ts';

const address = { host: '127.0.0.1', port: 0 };
const now = Date.now();
const authority = await createAuthority('test authority', now);
const sign = (name: string, use: 'server' | 'client', by = authority) =>
  signIdentity(by, { name, use, hosts: use === 'server' ? ['127.0.0.1'] : [], days: 9 }, now);
const server = await sign('server', 'server');
const agent = await sign('web1', 'client');
const asAgent = { ca: authority.certificate, cert: agent.certificate, key: agent.key };

function certificates(t: TestContext): TlsFiles {
  const directory = mkdtempSync(join(tmpdir(), 'carbon-tls-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const place = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return {
    certificate: place('server.pem', server.certificate),
    key: place('server-key.pem', server.key),
    clientCa: place('ca.pem', authority.certificate),
  };
}

const options = (tls: TlsFiles) => ({
  address,
  lineBytesMax: 1000,
  connectionsMax: 100,
  idleTimeoutSeconds: 600,
  tls,
});

/** Resolves with the error that ended the connection, or 'closed'. */
function send(port: number, bytes: string | Buffer, as: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ...as });
    let reason = 'closed';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => resolve(reason));
    socket.resume();
    socket.end(bytes);
  });
}

test('an agent with a certificate is read to its end, nobody else is', async (t) => {
  const receiving = createReceiving();
  const receiver = await startTcpReceiver(options(certificates(t)), receiving);
  t.after(() => receiver.stop());
  const { port } = receiver.address;
  assert.equal(await send(port, 'a.b 1 1600000000\na.b 2 1600000010\n', asAgent), 'closed');
  assert.deepEqual(receiving.points('a.b'), [
    [1600000000, 1],
    [1600000010, 2],
  ]);
  const stranger = await createAuthority('stranger', now);
  const forged = await sign('web1', 'client', stranger);
  const ca = authority.certificate;
  await send(port, 'x 1 1600000000\n', { ca });
  await send(port, 'x 1 1600000000\n', { ca, cert: forged.certificate, key: forged.key });
  const plain = connectTcp(port, '127.0.0.1');
  plain.on('error', () => {});
  plain.resume();
  plain.write('x 1 1600000000\n');
  await once(plain, 'close');
  await waitFor('three failed handshakes', () => receiver.counters.failedHandshakes === 3);
  assert.equal(receiver.counters.received, 2);
  await waitFor('all connections to be gone', () => receiver.counters.active === 0);
});

test('a client certificate on the list of revoked ones is refused', async (t) => {
  const revoked = await sign('web2', 'client');
  const files = certificates(t);
  const clientCrl = `${files.clientCa}.revoked`;
  const serial = new X509Certificate(revoked.certificate).serialNumber;
  writeFileSync(clientCrl, await signRevocations(authority, [serial], now));
  const receiving = createReceiving();
  const receiver = await startTcpReceiver(options({ ...files, clientCrl }), receiving);
  t.after(() => receiver.stop());
  const { port } = receiver.address;
  await send(port, 'no 1 1600000000\n', {
    ca: authority.certificate,
    cert: revoked.certificate,
    key: revoked.key,
  });
  await send(port, 'yes 1 1600000000\n', asAgent);
  assert.deepEqual(receiving.points('yes'), [[1600000000, 1]]);
  assert.equal(receiver.counters.received, 1);
  assert.equal(receiver.counters.failedHandshakes, 1);
});

test('a full cache makes a sender inside TLS wait', async (t) => {
  const receiving = createReceiving({ bytesMax: 3 << 20 });
  const receiver = await startTcpReceiver(options(certificates(t)), receiving);
  t.after(() => receiver.stop());
  const lines = Array.from({ length: 500 }, (_, k) => `full.series${k} 1 1600000000\n`).join('');
  const rounds = 600;
  const sent = send(receiver.address.port, Buffer.alloc(lines.length * rounds, lines), asAgent);
  await waitFor('the gate to close', () => !receiving.gate.isOpen);
  let settled = 0;
  const timer = setInterval(() => {
    settled += receiving.cache.points;
    receiving.settleAll();
  }, 5);
  t.after(() => clearInterval(timer));
  assert.equal(await sent, 'closed');
  assert.equal(receiver.counters.received, 500 * rounds);
  assert.equal(settled + receiving.cache.points, 500 * rounds);
});

test('an unfinished handshake counts as a connection and does not keep a stop waiting', async (t) => {
  const receiving = createReceiving();
  const receiver = await startTcpReceiver(
    { ...options(certificates(t)), connectionsMax: 1 },
    receiving,
  );
  const silent = connectTcp(receiver.address.port, '127.0.0.1');
  await once(silent, 'connect');
  silent.on('error', () => {});
  silent.resume();
  assert.notEqual(await send(receiver.address.port, 'x 1 1600000000\n', asAgent), 'closed');
  assert.equal(receiver.counters.refusedConnections, 1);
  const closed = once(silent, 'close');
  await receiver.stop();
  await closed;
});

test('a renewed certificate is shown to new connections, old ones go on', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const receiving = createReceiving();
  const files = certificates(t);
  const receiver = await startTcpReceiver(options(files), receiving);
  t.after(() => receiver.stop());
  const dial = async (): Promise<TLSSocket> => {
    const socket = connect({ host: '127.0.0.1', port: receiver.address.port, ...asAgent });
    t.after(() => socket.destroy());
    socket.resume();
    await once(socket, 'secureConnect');
    return socket;
  };
  const old = await dial();
  const renewed = await sign('server', 'server');
  writeFileSync(files.certificate, renewed.certificate);
  writeFileSync(files.key, renewed.key);
  utimesSync(files.certificate, 1, 1);
  t.mock.timers.tick(5000);
  const fresh = await dial();
  assert.notEqual(fresh.getPeerCertificate().serialNumber, old.getPeerCertificate().serialNumber);
  for (const [k, socket] of [old, fresh].entries()) {
    socket.end(`still.here${k} 1 1600000000\n`);
    await once(socket, 'close');
    assert.deepEqual(receiving.points(`still.here${k}`), [[1600000000, 1]]);
  }
});

test('http: points are posted inside TLS', async (t) => {
  const receiving = createReceiving();
  const receiver = await startHttpReceiver(
    {
      address,
      bodyBytesMax: 1000,
      connectionsMax: 10,
      lineBytesMax: 1000,
      tls: certificates(t),
    },
    receiving,
  );
  t.after(() => receiver.stop());
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const post = request(
      { host: '127.0.0.1', port: receiver.address.port, method: 'POST', agent: false, ...asAgent },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    post.on('error', reject);
    post.end('h.a 1 1600000000\n');
  });
  assert.equal(status, 200);
  assert.deepEqual(receiving.points('h.a'), [[1600000000, 1]]);
});
