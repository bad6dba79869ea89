// The reading side of a whole carbon process: what is sent is found at once, also after kill -9, and
// graphite-web reads it from carbonserver and carbonlink together.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type CarbonProcess,
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from '../carbon-process.ts';
import { graphiteWebMissing, runGraphiteWeb } from '../graphite-web.ts';

let directory: string;
let carbon: CarbonProcess;

before(async () => {
  directory = makeInstance(
    { carbonlink: { enabled: true, listen: '127.0.0.1:0' } },
    '[all]\npattern = .*\nretentions = 10s:1h\n',
  );
  carbon = await startCarbonProcess(directory);
});

after(async () => {
  await carbon.end('SIGKILL');
  removeInstance(directory);
});

async function ask(path: string): Promise<object | undefined> {
  const response = await fetch(`http://127.0.0.1:${carbon.ports['carbonserver']}${path}`);
  return response.ok ? ((await response.json()) as object) : undefined;
}

/** Whether a file of the folder has this text. */
function holds(folder: string, text: string): boolean {
  const path = join(directory, folder);
  return readdirSync(path).some((name) => readFileSync(join(path, name)).includes(text));
}

const now = Math.floor(Date.now() / 10_000) * 10;

test('series are found and rendered as soon as they are received', async () => {
  await sendTcp(
    carbon.ports['tcp'] ?? 0,
    `a.b.c 1.5 ${now - 10}\na.b.c 2.5 ${now}\ntagged;k=v;a=b 7 ${now}\n`,
  );
  await waitFor('the series', () => ask('/metrics/find/?query=a.*.c'));
  const { metrics } = (await waitFor('its points', () =>
    ask(`/render/?target=a.b.c&from=${now - 20}&until=${now}`),
  )) as { metrics: { values: number[]; startTime: number }[] };
  assert.deepEqual(metrics[0]?.values, [1.5, 2.5]);
  assert.equal(metrics[0]?.startTime, now - 10);
  assert.deepEqual(await ask('/tags/findSeries?expr=k=v'), ['tagged;a=b;k=v']);
  const tagged = (await ask(
    `/render/?target=${encodeURIComponent('tagged;a=b;k=v')}&from=${now - 10}&until=${now}`,
  )) as { metrics: { values: number[] }[] };
  assert.deepEqual(tagged.metrics[0]?.values, [7]);
});

test('graphite-web reads a whole carbon', { skip: graphiteWebMissing }, async () => {
  const answers = (await runGraphiteWeb(
    {
      CLUSTER_SERVERS: `['127.0.0.1:${carbon.ports['carbonserver']}']`,
      CARBONLINK_HOSTS: `['127.0.0.1:${carbon.ports['carbonlink']}:a']`,
      STORAGE_FINDERS: "['graphite.finders.remote.RemoteFinder']",
      TAGDB: "''",
    },
    `
window = {'from': '${now - 20}', 'until': '${now}', 'format': 'json'}
result([get('/render', target='sumSeries(a.b.*)', **window),
        get('/render', target="seriesByTag('k=v')", **window)])
`,
  )) as { datapoints: [number, number][] }[][];
  assert.deepEqual(answers[0]?.[0]?.datapoints, [
    [1.5, now - 10],
    [2.5, now],
  ]);
  assert.deepEqual(answers[1]?.[0]?.datapoints.at(-1), [7, now]);
});

test('names are there again after kill -9', async () => {
  await waitFor('names in the log of the index', () => holds('storage/index', 'tagged;a=b;k=v'));
  await waitFor('points in the journal', () => holds('storage/journal', 'tagged;a=b;k=v'));
  await carbon.end('SIGKILL');
  carbon = await startCarbonProcess(directory);
  assert.notEqual(await ask('/metrics/find/?query=a.b.c'), undefined);
  assert.deepEqual(await ask('/tags/findSeries?expr=k=v'), ['tagged;a=b;k=v']);
});
