// Functions that look outside of the window: what they read, and how often.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBackend } from '../memory-backend.ts';
import { evaluate, requestFor, scriptEpoch } from './script.ts';

const window = { start: scriptEpoch + 86_400, end: scriptEpoch + 86_400 + 600 };

/** The windows that `expression` reads, seconds before the start and the end of its own. */
async function windowsRead(expression: string): Promise<[number, number][]> {
  const backend = new MemoryBackend(() => window.end);
  const points = Array.from({ length: 3000 }, (_, i): [number, number] => [
    scriptEpoch + i * 60,
    i % 50,
  ]);
  backend.add('a.x', [{ step: 60, points: 100_000 }], points);
  backend.add('a.y', [{ step: 60, points: 100_000 }], points);
  await evaluate(expression, requestFor({ backend, window }));
  return backend.fetches.map((fetch): [number, number] => [
    window.start - fetch.window.start,
    window.end - fetch.window.end,
  ]);
}

async function f(expression: string, want: [number, number][]): Promise<void> {
  assert.deepEqual(await windowsRead(expression), want, expression);
}

test('a time span is known beforehand: one read', async () => {
  await f('movingAverage(a.*,"5min")', [[300, 0]]);
  await f('movingMedian(scale(a.*,2),"5min")', [[300, 0]]);
  await f('exponentialMovingAverage(a.*,"-1h")', [[3600, 0]]);
  await f('movingSum(movingAverage(a.*,"5min"),"10min")', [[900, 0]]);
  await f('holtWintersForecast(a.x,"1h","10min")', [[3600, 0]]);
  await f('holtWintersConfidenceArea(a.x,3,"1h","10min")', [[3600, 0]]);
  await f('linearRegression(a.x)', [[0, 0]]);
});

test('a number of points is known only with the step: what lies before is read then', async () => {
  await f('movingAverage(a.*,5)', [
    [0, 0],
    [300, 600],
  ]);
});

test('what is read for several windows is read in one round', async () => {
  await f('diffSeries(a.x,movingAverage(a.x,"5min"))', [
    [0, 0],
    [300, 0],
  ]);
});

test('what filters may leave nothing decides whether to look further', async () => {
  await f('movingAverage(maximumAbove(a.*,1000),"5min")', [
    [300, 0],
    [0, 0],
  ]);
});

test('shifted windows are read once each', async () => {
  await f('timeShift(a.*,"1h")', [
    [0, 0],
    [3600, 3600],
  ]);
  await f('timeStack(a.x,"1h",0,3)', [
    [0, 0],
    [3600, 3600],
    [7200, 7200],
  ]);
});

test('starts of units', async () => {
  const early = { start: window.start + 100, end: window.end };
  const backend = new MemoryBackend(() => window.end);
  backend.add('a.x', [{ step: 60, points: 100_000 }], [[window.start, 1]]);
  for (const expression of [
    'smartSummarize(a.x,"5min","sum","hours")',
    'hitcount(a.x,"1h",true)',
  ]) {
    await evaluate(expression, requestFor({ backend, window: early }));
  }
  for (const fetch of backend.fetches) assert.equal(fetch.window.start, window.start);
  assert.equal(backend.fetches.length, 2);
});

test('a function that reads another window is no callback', async () => {
  await assert.rejects(windowsRead('groupByNode(a.*,0,"holtWintersForecast")'), {
    code: 'bad-argument',
    message: /holtWintersForecast cannot be used here/,
  });
});

test('the tag of a moving function is its window as it was written', async () => {
  const backend = new MemoryBackend(() => window.end);
  backend.add('a', [{ step: 60, points: 10_000 }], [[window.start, 1]]);
  for (const [size, tag] of [
    ['3', '3'],
    ['2.0', '2.0'],
    ['"2min"', '2min'],
  ] as const) {
    for (const name of ['movingMax', 'exponentialMovingAverage']) {
      const [series] = await evaluate(`${name}(a,${size})`, requestFor({ backend, window }));
      assert.equal(series?.tags[name], tag, `${name} ${size}`);
    }
  }
});
