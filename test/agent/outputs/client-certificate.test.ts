// The agent's TLS output before carbon's own receiver with client certificates: accepted, refused without
// losing a point, taken again once the certificate is good.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { namingSchema } from '../../../bundle/agent/naming.ts';
import { createDestination } from '../../../bundle/agent/outputs/destination.ts';
import { tls } from '../../../bundle/agent/outputs/stream.ts';
import { startTcpReceiver } from '../../../bundle/carbon/receivers/tcp.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import {
  createAuthority,
  type Identity,
  signIdentity,
} from '../../../installer/tls/certificates.ts';
import { waitFor } from '../../carbon/carbon-process.ts';
import { createReceiving } from '../../carbon/receivers/receiving.ts';

const now = Date.now();
const authority = await createAuthority('test authority', now);
const sign = (use: 'server' | 'client', by: Identity = authority): Promise<Identity> =>
  signIdentity(by, { name: use, use, hosts: use === 'server' ? ['127.0.0.1'] : [], days: 9 }, now);

function workspace(t: TestContext): (name: string, text: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'agent-tls-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return (name, text) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
}

test('points wait while the certificate is refused, and arrive when it is good', async (t) => {
  const place = workspace(t);
  const server = await sign('server');
  const receiving = createReceiving();
  const receiver = await startTcpReceiver(
    {
      address: { host: '127.0.0.1', port: 0 },
      lineBytesMax: 1000,
      connectionsMax: 10,
      idleTimeoutSeconds: 600,
      tls: {
        certificate: place('server.pem', server.certificate),
        key: place('server-key.pem', server.key),
        clientCa: place('ca.pem', authority.certificate),
      },
    },
    receiving,
  );
  t.after(() => receiver.stop());
  const forged = await sign('client', await createAuthority('stranger', now));
  const files = {
    ca: place('ca.pem', authority.certificate),
    certificate: place('agent.pem', forged.certificate),
    key: place('agent-key.pem', forged.key),
    serverName: '',
    verify: true,
  };
  const destination = createDestination(
    {
      name: 'test',
      host: '127.0.0.1',
      port: receiver.address.port,
      format: 'plaintext',
      naming: namingSchema().parse({}),
      tls: files,
      bufferBytesMax: 100_000,
      reconnectMinMs: 10,
      reconnectMaxMs: 50,
      replayPointsPerSecond: 1000,
    },
    { carrier: tls, spool: undefined, log: silentLogger, now: Date.now, random: () => 0 },
  );
  t.after(() => destination.stop(100));
  destination.start();
  destination.accept({ bytes: Buffer.from('a.b 1 1600000000\n'), points: 1 });
  await waitFor('three refusals', () => receiver.counters.failedHandshakes >= 3);
  const { sentPoints, queuedPoints, connected } = destination.statistics();
  assert.deepEqual([sentPoints, queuedPoints, connected], [0, 1, false]);

  const good = await sign('client');
  place('agent-key.pem', good.key);
  place('agent.pem', good.certificate);
  await waitFor('the point', () => receiving.points('a.b').length === 1);
  assert.deepEqual(receiving.points('a.b'), [[1600000000, 1]]);
});
