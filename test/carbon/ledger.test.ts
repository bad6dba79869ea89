// The loss ledger: received = stored + cached + dropped, over every door and every reason; and the
// metrics carbon keeps about itself.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCarbon } from '../../bundle/carbon/carbon.ts';
import { carbonConfig } from '../../bundle/carbon/config.ts';
import { silentLogger } from '../../bundle/core/log.ts';
import { makeInstance, removeInstance, sendTcp, waitFor } from './carbon-process.ts';
import { encodePayload } from './receivers/payload.ts';

test('received = stored + cached + dropped', async (t) => {
  const directory = makeInstance({});
  const config = carbonConfig.parse({
    plaintext: { listen: '127.0.0.1:0' },
    protobuf: { enabled: true, listen: '127.0.0.1:0' },
    http: { enabled: true, listen: '127.0.0.1:0' },
    carbonserver: { listen: '127.0.0.1:0' },
    storage: {
      directory: join(directory, 'storage/whisper'),
      index: join(directory, 'storage/index'),
      schemas: join(directory, 'conf/storage-schemas.conf'),
      aggregation: join(directory, 'conf/storage-aggregation.conf'),
    },
    journal: { directory: join(directory, 'storage/journal') },
    persister: { intervalSeconds: 0.05 },
    limits: { seriesMax: 500 },
    selfMetrics: { intervalSeconds: 1 },
  });
  const carbon = await startCarbon(config, { log: silentLogger, notReady: () => {} });
  t.after(async () => {
    await carbon.stop();
    removeInstance(directory);
  });
  const holds = (): boolean => {
    const { received, stored, dropped } = carbon.ledger;
    assert.equal(received, stored + carbon.cache.points + dropped);
    return true;
  };
  await waitFor('the self metrics', () => carbon.index.find('carbon.agents.*.tcp.*').length > 3);
  const now = Math.floor(Date.now() / 1000);
  const plaintext = carbon.addresses['tcp']?.port as number;
  let lines = 'bad\nx nan 1\na..b 1 2\nunterminated 1 1600000000 x\n';
  for (let k = 0; k < 2000; k++) lines += `l.s${k % 600} ${k} ${now - (k % 50)}\n`;
  for (let k = 0; k < 100; k++) lines += `l.s${k} ${k} ${now - 200_000}\n`; // older than 1d
  lines += `future 1 ${now + 200_000}\nhalf a li`;
  await sendTcp(plaintext, lines);
  holds();
  const payload = encodePayload([
    ['p.a', [[now, 1]]],
    ['p..b', [[now, 1]]],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  await sendTcp(carbon.addresses['protobuf']?.port as number, Buffer.concat([length, payload]));
  const url = `http://127.0.0.1:${carbon.addresses['http']?.port}/`;
  await fetch(url, { method: 'POST', body: `h.a 1 ${now}\nh.b x ${now}\n` });
  holds();
  const { lost } = carbon.ledger;
  await waitFor('the files', () => carbon.cache.points === 0 && lost['too-old'] === 100);
  holds();
  assert.ok(carbon.ledger.stored > 1000);
  const tcp = carbon.ledger.receivers.find(({ name }) => name === 'tcp');
  assert.equal(tcp?.received, 2106);
  assert.equal(carbon.cache.table.size, 500);
  assert.ok((tcp?.refused['series-limit'] ?? 0) > 300);
  assert.equal(tcp?.refused.unterminated, 1);

  const names = carbon.index
    .find('carbon.agents.*.*.*')
    .map(({ path }) => path.split('.').slice(3));
  const known = new Set(names.map((parts) => parts.join('.')));
  for (const name of [
    'cache.size',
    'cache.maxSize',
    'cache.overflow',
    'persister.updateOperations',
    'persister.pointsPerUpdate',
    'tcp.metricsReceived',
    'tcp.errors',
    'tcp.active',
    'udp.kernelDrops',
    'journal.bytesWritten',
    'ledger.received',
    'runtime.rss',
    'carbonserver.find_requests',
  ])
    assert.ok(known.has(name), `there is no metric ${name}`);
});
