// Carbon as a process: what goes in by socket is in Whisper files, whatever ends it.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  closeWhisper,
  fetchSeries,
  metricToPath,
  openWhisper,
} from '../../bundle/whisper/index.ts';
import {
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
  writeConfig,
} from './carbon-process.ts';

const now = (): number => Math.floor(Date.now() / 1000);

function stored(directory: string, metric: string, time: number): number | undefined {
  const file = join(directory, 'storage/whisper', metricToPath(metric));
  if (!existsSync(file)) return undefined;
  return fetchSeries(file, time - 1, time, now())?.values[0];
}

test('a point sent by TCP or UDP is stored within moments', async (t) => {
  const directory = makeInstance({});
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const time = now() - 10;
  await sendTcp(carbon.ports['tcp'] as number, `by.tcp 42.5 ${time}\r\nby.tcp.too 1e3 ${time}.9\n`);
  const socket = createSocket('udp4');
  socket.send(`by.udp -7 ${time}\n`, carbon.ports['udp'] as number, '127.0.0.1', () =>
    socket.close(),
  );
  await waitFor('the TCP point', () => stored(directory, 'by.tcp', time) === 42.5);
  await waitFor('the second point', () => stored(directory, 'by.tcp.too', time) === 1000);
  await waitFor('the UDP point', () => stored(directory, 'by.udp', time) === -7);
  assert.equal(await carbon.end('SIGTERM'), 0);
});

test('SIGTERM loses nothing and leaves no journal', async (t) => {
  // With an hour between writes everything is in memory when the signal comes.
  const directory = makeInstance({ persister: { intervalSeconds: 3600 } });
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const time = now() - 100;
  let lines = '';
  for (let i = 0; i < 5000; i++) lines += `many.s${i % 50} ${i} ${time + Math.floor(i / 50)}\n`;
  const socket = connect(carbon.ports['tcp'] as number, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(lines, () => resolve()));
  assert.equal(await carbon.end('SIGTERM'), 0);
  for (let i = 0; i < 5000; i++)
    assert.equal(stored(directory, `many.s${i % 50}`, time + Math.floor(i / 50)), i);
  assert.deepEqual(readdirSync(join(directory, 'storage/journal')), []);
});

test('bad lines cost nobody else and the connection goes on', async (t) => {
  const directory = makeInstance({});
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const time = now() - 10;
  const bad = [
    'nothing',
    `a..b 1 ${time}`,
    `../../etc/passwd 1 ${time}`,
    `a/b 1 ${time}`,
    `nul\0l 1 ${time}`,
    `${'n'.repeat(400)}.x 1 ${time}`,
    `not.a.number nan ${time}`,
    `tab\t1\t${time}`,
    'x'.repeat(100_000),
    'bad.time 1 yesterday',
    `bad.value one ${time}`,
    '\u0001\u0002\u00ff\u00fe',
  ];
  for (const line of bad) {
    const good = `good.after 1 ${time}\n`;
    await sendTcp(carbon.ports['tcp'] as number, Buffer.from(`${line}\n${good}`, 'latin1'));
  }
  await waitFor('the good point', () => stored(directory, 'good.after', time) === 1);
  assert.equal(await carbon.end('SIGTERM'), 0);
  assert.deepEqual(readdirSync(join(directory, 'storage/whisper')), ['good']);
});

test('after kill -9 the journal brings back what was not stored', async (t) => {
  const directory = makeInstance({
    persister: { intervalSeconds: 3600 },
    journal: { intervalSeconds: 0 },
  });
  t.after(() => removeInstance(directory));
  const first = await startCarbonProcess(directory);
  t.after(() => first.end('SIGKILL'));
  const time = now() - 10;
  await sendTcp(first.ports['tcp'] as number, `kept.a 1 ${time}\nkept.b 2 ${time}\n`);
  await first.end('SIGKILL');
  assert.equal(stored(directory, 'kept.a', time), undefined);
  const second = await startCarbonProcess(directory);
  t.after(() => second.end('SIGKILL'));
  assert.match(second.log(), /brought back from the journal.* points=2/);
  assert.equal(await second.end('SIGTERM'), 0);
  assert.equal(stored(directory, 'kept.a', time), 1);
  assert.equal(stored(directory, 'kept.b', time), 2);
});

test('a second carbon on the same directories does not start; after kill -9 the next does', async (t) => {
  const directory = makeInstance({ persister: { intervalSeconds: 3600 } });
  t.after(() => removeInstance(directory));
  const first = await startCarbonProcess(directory);
  t.after(() => first.end('SIGKILL'));
  const time = now() - 10;
  await sendTcp(first.ports['tcp'] as number, `mine.a 1 ${time}\n`);
  for (const storage of [{}, { directory: 'storage/elsewhere', index: 'storage/other-index' }]) {
    writeConfig(directory, { persister: { intervalSeconds: 3600 }, storage });
    await assert.rejects(
      startCarbonProcess(directory),
      new RegExp(
        `another carbon \\(process ${first.pid}\\) works on \\S*/storage/(whisper|journal)`,
      ),
    );
  }
  // A copy of it is another's.
  const copy = `${directory}-copy`;
  t.after(() => removeInstance(copy));
  cpSync(directory, copy, { recursive: true });
  writeConfig(copy, {});
  const copied = await startCarbonProcess(copy);
  assert.equal(await copied.end('SIGTERM'), 0);
  assert.deepEqual(
    readdirSync(join(copy, 'storage/whisper')).filter((name) => /lock/.test(name)),
    [],
  );
  writeConfig(directory, {});
  await waitFor('the journal', () =>
    existsSync(join(directory, 'storage/journal/0000000001.journal')),
  );
  await first.end('SIGKILL');
  const second = await startCarbonProcess(directory);
  t.after(() => second.end('SIGKILL'));
  assert.equal(await second.end('SIGTERM'), 0);
  assert.equal(stored(directory, 'mine.a', time), 1);
});

test('a new series is found and rendered before it has a file', async (t) => {
  const directory = makeInstance({ persister: { intervalSeconds: 3600 } });
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const time = now() - 10;
  await sendTcp(carbon.ports['tcp'] as number, `only.cached 3 ${time}\n`);
  const base = `http://127.0.0.1:${carbon.ports['carbonserver']}`;
  const found = await (await fetch(`${base}/metrics/find/?query=only.*&format=json`)).json();
  assert.match(JSON.stringify(found), /only\.cached/);
  const url = `${base}/render/?target=only.cached&from=${time - 5}&until=${time}&format=json`;
  const rendered = (await (await fetch(url)).json()) as { metrics: { values: number[] }[] };
  assert.deepEqual(rendered.metrics[0]?.values, [0, 0, 0, 0, 3]);
  assert.equal(existsSync(join(directory, 'storage/whisper/only')), false);
  assert.equal(await carbon.end('SIGTERM'), 0);
  assert.equal(stored(directory, 'only.cached', time), 3);
});

test('SIGHUP: new rules and limits count from then on, a bad file changes nothing', async (t) => {
  const directory = makeInstance({});
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const port = carbon.ports['tcp'] as number;
  const time = now() - 10;
  await sendTcp(port, `hup.before 1 ${time}\n`);
  await waitFor('the first file', () => stored(directory, 'hup.before', time) === 1);
  const rules = join(directory, 'conf/storage-schemas.conf');
  writeFileSync(rules, '[all]\npattern = .*\nretentions = 5s:2h\n');
  process.kill(carbon.pid, 'SIGHUP');
  await waitFor('the reload', () => /configuration reloaded/.test(carbon.log()));
  await sendTcp(port, `hup.after 2 ${time}\nhup.before 3 ${time + 1}\n`);
  await waitFor('the update', () => stored(directory, 'hup.before', time + 1) === 3);
  const path = join(directory, 'storage/whisper/hup/after.wsp');
  await waitFor('the new file', () => existsSync(path));
  const handle = openWhisper(path, { readOnly: true });
  assert.equal(handle.layout.archives[0]?.secondsPerPoint, 5);
  closeWhisper(handle);
  writeFileSync(rules, '[all]\npattern = (\n');
  process.kill(carbon.pid, 'SIGHUP');
  await waitFor('the refusal', () => /reload refused/.test(carbon.log()));
  await sendTcp(port, `hup.still 4 ${time}\n`);
  await waitFor('the last file', () => existsSync(path.replace('after', 'still')));
  assert.equal(await carbon.end('SIGTERM'), 0);
});
