// What holds for every function, whatever the series: inputs stay as they were, results are well
// formed, nothing but a clear error is thrown, and a later week gives the same answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  Backend,
  FetchAnswer,
  FetchedSeries,
  FetchRequest,
  TagBackend,
} from '../../../bundle/carbonapi/backends/backend.ts';
import type { FunctionDefinition, Param } from '../../../bundle/carbonapi/functions/define.ts';
import { allFunctions } from '../../../bundle/carbonapi/functions/index.ts';
import type { Series, TimeWindow } from '../../../bundle/carbonapi/series.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';
import { evaluate, requestFor, scriptEpoch } from './script.ts';

const weekSeconds = 604_800;

/** One series of a made-up store: `values` in turn, from the epoch on. */
interface Source {
  name: string;
  step: number;
  values: number[];
}

/** A store that answers `p.*`, `first` and `second` from sources; remembers what it handed out. */
class SourceBackend implements Backend {
  readonly name = 'sources';
  readonly handedOut: { values: Float64Array; copy: Float64Array }[] = [];
  readonly #sources: Source[];
  readonly #shift: number;

  constructor(sources: Source[], shift: number) {
    this.#sources = sources;
    this.#shift = shift;
  }

  async fetch({ paths, window }: FetchRequest): Promise<FetchAnswer> {
    const series = paths.flatMap((path) => {
      const { length } = this.#sources;
      const count = path === 'p.*' ? length : 1;
      const known = path === 'p.*' || path === 'first' || path === 'second';
      const from = path === 'second' ? Math.max(0, length - 1) : 0;
      if (!known) return [];
      return this.#sources
        .slice(from, from + count)
        .map((source) => this.#read(source, path, window));
    });
    return { series, warnings: [] };
  }

  async find(): Promise<never[]> {
    return [];
  }
  async info(): Promise<undefined> {}
  async list(): Promise<string[]> {
    return [];
  }
  async stop(): Promise<void> {}

  readonly tags: TagBackend = {
    findSeries: async () => [],
    tagNames: async () => [],
    tagValues: async () => [],
    delSeries: async () => false,
  };

  #read({ name, step, values }: Source, path: string, window: TimeWindow): FetchedSeries {
    const start = window.start - (window.start % step) + step;
    const end = window.end - (window.end % step) + step;
    const read = new Float64Array(Math.max(1, (end - start) / step));
    for (let i = 0; i < read.length; i++) {
      const slot = (start - this.#shift) / step + i;
      read[i] = values[slot % values.length] ?? Number.NaN;
    }
    this.handedOut.push({ values: read, copy: read.slice() });
    return {
      name: path === 'p.*' ? name : path,
      pathExpression: path,
      start,
      step,
      values: read,
      consolidate: 'average',
      xFilesFactor: 0,
    };
  }
}

// Arguments that fit by type, and by name where the type says too little.
const byName: Record<string, string> = {
  operator: '">"',
  consolidationFunc: '"max"',
  method: '"above"',
  reduceFunction: '"sumSeries"',
  templateFunction: '"scale(%,2)"',
  intervalUnit: '"10min"',
  direction: '"abs"',
  tagExpressions: '"name=a"',
};
const byType: Record<string, string> = {
  string: '"a"',
  integer: '2',
  float: '2',
  boolean: 'true',
  intOrInf: '2',
  intOrInterval: '3',
  interval: '"10min"',
  node: '1',
  nodeOrTag: '0',
  tag: '"name"',
  aggFunc: '"average"',
  aggOrSeriesFunc: '"sum"',
};

/** Parameters that must be exactly one series. */
const singles = new Set([
  'divisorSeries',
  'resettingSeries',
  'otherSeriesList',
  'phaseSeriesList',
  'pearson/seriesList',
  'pearsonClosest/seriesList',
  'kolmogorovSmirnovTest2/seriesList',
]);

function argumentFor(definition: FunctionDefinition, param: Param, date: string): string {
  const isSeries = param.type === 'seriesList' || param.type === 'seriesLists';
  if (isSeries) {
    const isSingle = singles.has(param.name) || singles.has(`${definition.name}/${param.name}`);
    if (!isSingle) return 'p.*';
    return param.name === 'seriesList' ? 'first' : 'second';
  }
  if (param.type === 'date') return date;
  return byName[param.name] ?? byType[param.type] ?? 'None';
}

function callOf(definition: FunctionDefinition, date: string): string {
  const given = definition.params
    .filter(({ required }) => required)
    .map((param) => argumentFor(definition, param, date));
  return `${definition.name}(${given.join(',')})`;
}

const value = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -40, max: 40 }).map((each) => each / 4) },
  { weight: 2, arbitrary: fc.constant(Number.NaN) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const sourcesOf = (point: fc.Arbitrary<number>): fc.Arbitrary<Source[]> =>
  fc
    .array(
      fc.record({
        step: fc.constantFrom(60, 60, 60, 300),
        values: fc.array(point, { minLength: 7, maxLength: 23 }),
      }),
      { maxLength: 4 },
    )
    .map((list) => list.map((each, index) => ({ ...each, name: `p.a${index}` })));
const window = fc
  .record({
    from: fc.integer({ min: 0, max: 5000 }),
    length: fc.integer({ min: 1, max: 3000 }),
  })
  .map(({ from, length }) => ({ start: scriptEpoch + from, end: scriptEpoch + from + length }));

interface Outcome {
  list: Series[];
  error: string | undefined;
  backend: SourceBackend;
}

async function outcome(
  definition: FunctionDefinition,
  sources: Source[],
  at: TimeWindow,
  shift: number,
): Promise<Outcome> {
  const backend = new SourceBackend(sources, shift);
  const shifted = { start: at.start + shift, end: at.end + shift };
  const request = requestFor({ backend, window: shifted });
  const call = callOf(definition, `"${shifted.start + 1}"`);
  try {
    return { list: await evaluate(call, request), error: undefined, backend };
  } catch (error) {
    assert.ok(
      error instanceof OperatingError,
      `${call}: ${String(error)}\n${(error as Error).stack}`,
    );
    return { list: [], error: error.message, backend };
  }
}

function checkSeries(series: Series, name: string): void {
  assert.equal(typeof series.name, 'string', name);
  assert.ok(series.values instanceof Float64Array, name);
  assert.ok(series.step > 0 && Number.isFinite(series.step), `${name}: step ${series.step}`);
  assert.ok(Number.isFinite(series.start) && Number.isFinite(series.end), name);
  for (const [tag, text] of Object.entries(series.tags)) {
    assert.equal(typeof text, 'string', `${name}: tag ${tag}`);
  }
}

function checkInputs({ backend }: Outcome, name: string): void {
  for (const { values, copy } of backend.handedOut) {
    assert.deepEqual(values, copy, `${name} changed its input`);
  }
}

/** Their values are times, random, or depend on a fixed date. */
const boundToTime = new Set(['identity', 'time', 'sin', 'randomWalk', 'scaleAfterTimestamp']);

function checkShifted(first: Outcome, second: Outcome, name: string): void {
  const withoutTimes = (text: string | undefined): string | undefined =>
    text?.replace(/\d{10}/g, 'T');
  assert.equal(withoutTimes(second.error), withoutTimes(first.error), name);
  assert.deepEqual(
    second.list.map((series) => withoutTimes(series.name)),
    first.list.map((series) => withoutTimes(series.name)),
  );
  second.list.forEach((series, index) => {
    const { start, step, values } = first.list[index]!;
    assert.equal(series.start, start + weekSeconds, name);
    assert.equal(series.step, step, name);
    assert.equal(series.values.length, values.length, name);
    for (let i = 0; i < values.length; i++) {
      const distance = Math.abs(series.values[i]! - values[i]!);
      const isClose = distance <= 1e-6 * Math.max(1, Math.abs(values[i]!));
      assert.ok(isClose || Object.is(series.values[i], values[i]), `${name}: point ${i}`);
    }
  });
}

for (const definition of allFunctions) {
  const { name } = definition;
  test(name, async () => {
    await fc.assert(
      fc.asyncProperty(sourcesOf(value), window, async (sources, at) => {
        const first = await outcome(definition, sources, at, 0);
        checkInputs(first, name);
        for (const series of first.list) checkSeries(series, name);
        if (boundToTime.has(name)) return;
        checkShifted(first, await outcome(definition, sources, at, weekSeconds), name);
      }),
      { numRuns: 25 },
    );
  });
}

test('functions that say so treat each series by itself', async () => {
  const perSeries = allFunctions.filter((definition) => definition.perSeries);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...perSeries),
      sourcesOf(value),
      window,
      async (definition, sources, at) => {
        const together = await outcome(definition, sources, at, 0);
        const apart: Series[] = [];
        for (const source of sources) {
          apart.push(...(await outcome(definition, [source], at, 0)).list);
        }
        if (together.error === undefined) assert.deepEqual(together.list, apart, definition.name);
      },
    ),
    { numRuns: 500 },
  );
});

test('a long list in pieces gives the same as a short one, in order', async () => {
  const sources = Array.from({ length: 300 }, (_, i) => ({
    name: `p.a${String(i).padStart(3, '0')}`,
    step: 60,
    values: [i, 1, Number.NaN],
  }));
  const at = { start: scriptEpoch, end: scriptEpoch + 180 };
  const f = async (expression: string): Promise<Series[]> =>
    evaluate(expression, requestFor({ backend: new SourceBackend(sources, 0), window: at }));
  const raw = await f('p.*');
  const scaled = await f('scale(p.*,2)');
  scaled.forEach((series, i) => {
    assert.equal(series.name, `scale(${sources[i]!.name},2)`);
    assert.deepEqual(
      series.values,
      raw[i]!.values.map((each) => each * 2),
    );
  });
  assert.equal(scaled.length, 300);
  assert.deepEqual(
    (await f('grep(p.*,"7$")')).map(({ name }) => name),
    sources.map(({ name }) => name).filter((name) => name.endsWith('7')),
  );
});

// Points before the window are read and joined to it, a span is read as a whole: two ways to one answer.
test('so many points back and so much time back are the same, in windows of any length', async () => {
  const source: Source = { name: 'a', step: 60, values: [3, 1, 4, 1, 5, 9, 2, 6, Number.NaN, 5] };
  const windows = fc.record({
    start: fc.integer({ min: 0, max: 7200 }).map((offset) => scriptEpoch + offset),
    length: fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 3600 })),
    points: fc.integer({ min: 1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(windows, async ({ start, length, points }) => {
      const window = { start, end: start + length };
      for (const name of ['movingAverage', 'movingMax', 'movingMedian', 'movingSum']) {
        const read = async (size: string): Promise<Series | undefined> => {
          const request = requestFor({ backend: new SourceBackend([source], 0), window });
          return (await evaluate(`${name}(first, ${size})`, request))[0];
        };
        const [byPoints, bySpan] = [await read(`${points}`), await read(`"${points}min"`)];
        assert.deepEqual(byPoints?.values, bySpan?.values, name);
        assert.equal(byPoints?.start, bySpan?.start, name);
      }
    }),
    { numRuns: 60 },
  );
});

test('series without any value', async () => {
  const missing = sourcesOf(fc.constant(Number.NaN));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...allFunctions),
      missing,
      window,
      async (definition, sources, at) => {
        const { list } = await outcome(definition, sources, at, 0);
        for (const series of list) checkSeries(series, definition.name);
      },
    ),
    { numRuns: 400 },
  );
});

test('an empty list is no error where one is allowed', async () => {
  const at = { start: scriptEpoch, end: scriptEpoch + 600 };
  const needsSeries =
    /must be exactly one series|needs exactly 2 series|needs 2 series and 2 marks/;
  for (const definition of allFunctions) {
    const { list, error } = await outcome(definition, [], at, 0);
    if (error !== undefined && !/there is no (Redis|PostgreSQL) database/.test(error)) {
      assert.match(error, needsSeries, definition.name);
    }
    for (const series of list) checkSeries(series, definition.name);
  }
});
