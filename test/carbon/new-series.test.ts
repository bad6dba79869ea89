// The budget of new series in a running carbon: refused ones are lost with a reason, not found, listed
// by dkmadmin, and begin after one command; denied ones do not come back after their removal.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { metricToPath } from '../../bundle/whisper/index.ts';
import {
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
  writeConfig,
} from './carbon-process.ts';

const tool = fileURLToPath(new URL('../installer/commands/run-metric.ts', import.meta.url));

test('an app that begins too many series is stopped, listed and accepted', async (t) => {
  const directory = makeInstance({});
  t.after(() => removeInstance(directory));
  const settings = { persister: { intervalSeconds: 0.05, newSeriesPerPrefix: 3 } };
  writeConfig(directory, settings);
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const server = `127.0.0.1:${carbon.ports['carbonserver']}`;
  writeConfig(directory, { ...settings, carbonserver: { listen: server } });
  const metric = (...words: string[]): string => {
    const run = spawnSync(process.execPath, [tool, 'metric', ...words, '--home', directory], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout;
  };
  const has = (name: string): boolean =>
    existsSync(join(directory, 'storage/whisper', metricToPath(name)));
  const found = async (query: string): Promise<number> => {
    const response = await fetch(`http://${server}/metrics/find?format=json&query=${query}`);
    if (response.status === 404) return 0;
    const { metrics } = (await response.json()) as { metrics: { matches: unknown[] }[] };
    return metrics[0]?.matches.length ?? 0;
  };
  const now = Math.floor(Date.now() / 1000) - 100;
  let time = now;
  const send = async (names: string[]): Promise<void> => {
    time += 1;
    const lines = names.map((name) => `${name} 1 ${time}\n`).join('');
    await sendTcp(carbon.ports['tcp'] as number, lines);
  };
  const requests = Array.from({ length: 10 }, (_, i) => `app.request${i}`);
  await send([...requests, 'other.a', 'other.b']);
  await waitFor('the others', () => has('other.b'));
  const listed = await waitFor('the list', () => {
    const text = metric('refused');
    return /7 series, 7 points lost/.test(text) && text;
  });
  assert.match(listed, /^app {2}7 series/);
  assert.equal(requests.filter(has).length, 3);
  assert.equal(await found('app.*'), 3);
  assert.match(carbon.log(), /new series of app are refused: it has begun 3 within a day/);

  metric('accept', 'app');
  await waitFor('all series', async () => {
    await send(requests);
    return requests.every(has);
  });
  await waitFor('them to be found', async () => (await found('app.*')) === 10);

  metric('rm', 'app.**', '--deny', '--yes');
  assert.equal(await carbon.end('SIGTERM'), 0);
  assert.ok(!requests.some(has));
  const again = await startCarbonProcess(directory);
  t.after(() => again.end('SIGKILL'));
  time += 1;
  const lines = [...requests, 'other.c'].map((name) => `${name} 1 ${time}\n`).join('');
  await sendTcp(again.ports['tcp'] as number, lines);
  await waitFor('the other', () => has('other.c'));
  assert.equal(await again.end('SIGTERM'), 0);
  assert.ok(!requests.some(has));
  assert.match(metric('refused'), /no new series is refused/);
});
