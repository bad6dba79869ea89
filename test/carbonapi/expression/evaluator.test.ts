import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evaluator } from '../../../bundle/carbonapi/expression/evaluator.ts';
import { Planner } from '../../../bundle/carbonapi/planner.ts';
import type { Series } from '../../../bundle/carbonapi/series.ts';
import { Turns } from '../../../bundle/carbonapi/serving/turn.ts';
import { MemoryBackend } from '../memory-backend.ts';

const now = 1_763_650_800;
const window = { start: now - 600, end: now };

function store(): MemoryBackend {
  const backend = new MemoryBackend(() => now);
  const archives = [{ step: 60, points: 1440 }];
  const points = Array.from({ length: 60 }, (_, i): [number, number] => [now - i * 60, i]);
  for (const name of ['a.x', 'a.y', 'b.x', 'disk;dc=one', 'disk;dc=two'])
    backend.add(name, archives, points);
  return backend;
}

async function evaluate(target: string, backend = store(), depthMax = 64): Promise<Series[]> {
  const planner = new Planner(backend, { seriesMax: 100, pointsMax: 10_000 });
  const evaluator = new Evaluator({
    window,
    now,
    timeZone: 'UTC',
    maxDataPoints: undefined,
    xFilesFactor: 0,
    planner,
    depthMax,
    turns: new Turns(),
    events: async () => [],
  });
  return (await evaluator.evaluateTargets([target])).flat();
}

const namesOf = async (target: string, backend?: MemoryBackend) =>
  (await evaluate(target, backend)).map(({ name }) => name);

test('paths become series, ordered by name', async () => {
  const [first, second] = await evaluate('a.*');
  assert.equal(first?.name, 'a.x');
  assert.equal(second?.name, 'a.y');
  assert.equal(first?.pathExpression, 'a.*');
  assert.equal(first?.start, now - 540);
  assert.equal(first?.end, now + 60);
  assert.deepEqual(first?.tags, { name: 'a.x' });
  assert.deepEqual(await evaluate('no.such'), []);
});

test('arguments by position and keyword', async () => {
  assert.deepEqual(await namesOf('scale(a.x, 2)'), ['scale(a.x,2)']);
  assert.deepEqual(await namesOf('scale(a.x, factor=2)'), ['scale(a.x,2)']);
  assert.deepEqual(await namesOf('sumSeries(a.*, b.x)'), ['sumSeries(a.*,b.x)']);
  assert.deepEqual(await namesOf('group(a.x, b.x, a.y)'), ['a.x', 'b.x', 'a.y']);
});

test('tagged series are reached by seriesByTag, by the text as written, and by their own name', async () => {
  const list = await evaluate(`seriesByTag('name=disk', "dc=two")`);
  assert.deepEqual(
    list.map(({ name, pathExpression, tags }) => [name, pathExpression, tags]),
    [['disk;dc=two', `seriesByTag('name=disk', "dc=two")`, { name: 'disk', dc: 'two' }]],
  );
  assert.deepEqual(await namesOf('disk;dc=two'), ['disk;dc=two']);
  assert.deepEqual(await evaluate('disk;dc=*'), []);
  assert.deepEqual(await evaluate('disk;dc=two;a=b'), []);
  await assert.rejects(evaluate(`seriesByTag('dc!=two')`), { code: 'bad-tag-expression' });
});

test('each path is fetched once for a window', async () => {
  const backend = store();
  await evaluate(
    'group(a.x, sumSeries(a.x, b.x), movingAverage(a.x, "5min"), movingSum(a.x, "5min"))',
    backend,
  );
  const asked = backend.fetches.map(({ paths, window: { start, end } }) => [paths, end - start]);
  assert.deepEqual(asked, [
    [['a.x', 'b.x'], 600],
    [['a.x'], 900],
  ]);
});

test('more of the same series is read as what is missing before', async () => {
  const backend = store();
  const [moved] = await evaluate('movingSum(a.x, 3)', backend);
  const asked = backend.fetches.map(({ window: { start, end } }) => [now - start, now - end]);
  assert.deepEqual(asked, [
    [600, 0],
    [780, 600],
  ]);
  const whole = store();
  whole.add('other', [{ step: 60, points: 1440 }], []);
  const [wide] = await evaluate('movingSum(a.x, "3min")', whole);
  assert.deepEqual([...(moved?.values ?? [])], [...(wide?.values ?? [])]);
  assert.equal(moved?.start, wide?.start);
});

test('a longer window in another archive is read as a whole', async () => {
  const backend = new MemoryBackend(() => now);
  const archives = [
    { step: 60, points: 11 },
    { step: 300, points: 100 },
  ];
  backend.add('a.x', archives, [[now - 60, 5]]);
  const [moved] = await evaluate('movingSum(a.x, 3)', backend);
  assert.equal(moved?.step, 300);
  assert.equal(backend.fetches.length, 3);
});

async function refused(target: string, message: RegExp, depthMax?: number): Promise<void> {
  await assert.rejects(evaluate(target, store(), depthMax), (error: Error & { code?: string }) => {
    assert.match(error.message, message, target);
    return error.code !== undefined;
  });
}

test('wrong arguments are named with their function and parameter', async () => {
  await refused('scale()', /^scale: seriesList is required/);
  await refused('scale(a.x)', /^scale: factor is required/);
  await refused('scale(a.x, 1, 2)', /^scale takes at most 2 arguments, not 3/);
  await refused('scale(a.x, factr=2)', /^scale has no parameter factr \(did you mean "factor"\?\)/);
  await refused('scale(a.x, 2, factor=3)', /^scale.*(given twice|at most)/);
  await refused('scale(5, 2)', /^scale: seriesList must be a series list, not the number 5/);
  await refused('scale(a.x, b.x)', /^scale: factor must be a number, not the metric path b\.x/);
  await refused('alias(a.x, b)', /^alias: newName must be a text in quotes, not .*quote it/);
  await refused(
    'movingAverage(a.x, "5parsecs")',
    /^movingAverage: windowSize must be a number of points or a time span/,
  );
  await refused('summarize(a.x, "5min", "summ")', /^summarize: .*summ.*did you mean "sum"/);
  await refused('nosuchthing(a.x)', /^there is no function nosuchthing/);
  await refused('scaleToSecond(a.x,1)', /did you mean "scaleToSeconds"/);
});

test('errors of inner calls keep the name of the inner function', async () => {
  await refused('sumSeries(scale(a.x))', /^scale: factor is required/);
});

test('evaluated texts cannot recurse for ever', async () => {
  const nested = `${'group('.repeat(10)}a.x${')'.repeat(10)}`;
  await refused(nested, /nested more than 8 deep/, 8);
});

test('lists made of what was read are bounded like it', async () => {
  // Ten points of one series are read, however often it is named.
  await refused(`group(${Array(101).fill('a.x').join(',')})`, /list of 101 series.*limits\.series/);
  const nested = `${'group('.repeat(7)}a.x${')'.repeat(7)}`;
  assert.equal((await evaluate(nested)).length, 1);
  let many = 'a.x';
  for (let i = 0; i < 13; i++) many = `group(${many},${many})`;
  await refused(many, /list of 1\d\d series/);
  await refused(
    `summarize(group(${Array(20).fill('b.x').join(',')}),"1s")`,
    /list of \d+ points.*limits\.points/,
  );
});

test('names do not grow without end', async () => {
  const many = '"avg",'.repeat(150);
  await refused(
    `legendValue(a.x,${many}${many}"max")`,
    /valuesTypes may be given 200 times, not 301/,
  );
  const group = `group(${Array(90).fill('a.x').join(',')})`;
  await refused(`alias(${group},"${'n'.repeat(600_000)}")`, /54000000 characters of names/);
});

test('limits count series and points over the whole request', async () => {
  const backend = store();
  const planner = new Planner(backend, { seriesMax: 3, pointsMax: 25 });
  await planner.prefetch(['a.x', 'b.x'], window);
  assert.equal(planner.seriesRead, 2);
  assert.equal(planner.pointsRead, 20);
  await assert.rejects(Promise.resolve(planner.prefetch(['a.y'], window)), {
    code: 'too-many-points',
  });
  const narrow = new Planner(backend, { seriesMax: 1, pointsMax: 1000 });
  await assert.rejects(Promise.resolve(narrow.prefetch(['a.*'], window)), {
    code: 'too-many-series',
  });
});
