// Speed of Graphite functions on a day of 1000 series at 5 minutes (288 points each), from the
// expression to the series, the store not counted: node test/bench/functions.bench.ts
// Checks results first. A time is that of one whole evaluation.
import assert from 'node:assert/strict';
import { bench, do_not_optimize, run } from 'mitata';
import type { Backend } from '../../bundle/carbonapi/backends/backend.ts';
import { Evaluator } from '../../bundle/carbonapi/expression/evaluator.ts';
import { Planner } from '../../bundle/carbonapi/planner.ts';
import type { Series } from '../../bundle/carbonapi/series.ts';
import { Turns } from '../../bundle/carbonapi/serving/turn.ts';

const seriesCount = 1000;
const points = 288;
const step = 300;
const window = { start: 1_800_000_000, end: 1_800_000_000 + points * step };

/** Answers every path with the same series: values from 0 to 99, one point in twenty missing. */
function startStore(): Backend {
  const names = Array.from({ length: seriesCount }, (_, i) => `servers.s${i % 100}.cpu.${i}.user`);
  const columns = new Map<number, Float64Array[]>();
  const columnsOf = (count: number): Float64Array[] => {
    const known = columns.get(count);
    if (known !== undefined) return known;
    const made = names.map((_, series) =>
      Float64Array.from({ length: count }, (_, i) =>
        (i + series) % 20 === 7 ? Number.NaN : (i * 7 + series) % 100,
      ),
    );
    columns.set(count, made);
    return made;
  };
  const backend = {
    name: 'bench',
    fetch: async ({ paths, window: { start, end } }: Parameters<Backend['fetch']>[0]) => ({
      series: paths.flatMap((pathExpression) =>
        columnsOf((end - start) / step).map((values, i) => ({
          name: names[i]!,
          pathExpression,
          start: start + step,
          step,
          values,
          consolidate: 'average',
          xFilesFactor: 0,
        })),
      ),
      warnings: [],
    }),
  };
  return backend as unknown as Backend;
}

const backend = startStore();

function evaluate(expression: string): Promise<Series[]> {
  const evaluator = new Evaluator({
    window,
    now: window.end,
    timeZone: 'UTC',
    maxDataPoints: undefined,
    xFilesFactor: 0,
    planner: new Planner(backend, { seriesMax: 1e6, pointsMax: 1e9 }),
    depthMax: 64,
    turns: new Turns(),
    events: async () => [],
  });
  return evaluator.evaluateTargets([expression]).then((lists) => lists.flat());
}

const all = 'servers.*.cpu.*.user';

/** The sum of row `i` over all series, added up one by one. */
function rowSum(list: Series[], i: number): number {
  let sum = 0;
  for (const { values } of list) if (!Number.isNaN(values[i])) sum += values[i]!;
  return sum;
}

const raw = await evaluate(all);
const [sum] = await evaluate(`sumSeries(${all})`);
assert.equal(raw.length, seriesCount);
for (let i = 0; i < points; i++) assert.equal(sum?.values[i], rowSum(raw, i));
const scaled = await evaluate(`scale(${all},2)`);
assert.ok(scaled.every(({ values }, k) => Object.is(values[1], 2 * raw[k]!.values[1]!)));
const averages = await evaluate(`movingAverage(${all},10)`);
assert.equal(averages.length, seriesCount);
assert.equal(averages[0]?.values.length, points);
const grouped = await evaluate(`groupByNode(${all},1,"sum")`);
assert.equal(grouped.length, 100);
const highest = await evaluate(`highestMax(${all},5)`);
assert.equal(highest.length, 5);

const targets = {
  [all]: all,
  scale: `scale(${all},2)`,
  sumSeries: `sumSeries(${all})`,
  averageSeries: `averageSeries(${all})`,
  maxSeries: `maxSeries(${all})`,
  stddevSeries: `stddevSeries(${all})`,
  percentileOfSeries: `percentileOfSeries(${all},95)`,
  'sumSeriesWithWildcards, 1000 to 100': `sumSeriesWithWildcards(${all},3)`,
  'groupByNode, 1000 to 100': `groupByNode(${all},1,"average")`,
  asPercent: `asPercent(${all})`,
  perSecond: `perSecond(${all})`,
  integral: `integral(${all})`,
  keepLastValue: `keepLastValue(${all})`,
  'movingAverage, 10 points': `movingAverage(${all},10)`,
  'movingAverage, 100 points': `movingAverage(${all},100)`,
  'movingMax, 100 points': `movingMax(${all},100)`,
  'movingMedian, 100 points': `movingMedian(${all},100)`,
  'summarize to 1 h': `summarize(${all},"1h","avg")`,
  hitcount: `hitcount(${all},"1h")`,
  'timeShift, 1 day': `timeShift(${all},"1d")`,
  'highestMax, 10': `highestMax(${all},10)`,
  sortByName: `sortByName(${all},true)`,
  aliasByNode: `aliasByNode(${all},1,3)`,
  aliasSub: `aliasSub(${all},"^servers\\.(\\w+)\\.cpu\\.(\\d+).*$","\\1 \\2")`,
  'four deep, as dashboards have it': `aliasByNode(averageSeriesWithWildcards(sumSeriesWithWildcards(scale(${all},0.1),4),3),1)`,
};

for (const [name, target] of Object.entries(targets)) {
  bench(name, async () => do_not_optimize(await evaluate(target)));
}

console.log(`${seriesCount} series of ${points} points, 1 in 20 missing`);
await run();
