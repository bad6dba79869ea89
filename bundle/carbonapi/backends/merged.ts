// Several stores as one: each point is the first that any store has, a name is there if any has it.
// A store that fails costs its part of the answer, and a warning; all failing is an error.
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import type { TimeWindow } from '../series.ts';
import type {
  Backend,
  FetchAnswer,
  FetchedSeries,
  FetchRequest,
  FoundGlob,
  FoundNode,
  MetadataChange,
  MetadataOutcome,
  MetricInfo,
  ReadCheck,
  TagBackend,
  Warn,
} from './backend.ts';

interface Collected<T> {
  answers: T[];
  warnings: string[];
}

/** What concerns the request: another store's answer does not make up for it. */
const requestFaults = new Set([
  'store-refused',
  'too-many-series',
  'too-many-points',
  'too-busy',
  'too-slow',
  'cancelled',
]);

const isRequestFault = (error: unknown): boolean => requestFaults.has(codeOf(error) ?? '');

async function askAll<T>(
  backends: readonly Backend[],
  ask: (backend: Backend) => Promise<T>,
  warn?: Warn,
): Promise<Collected<T>> {
  const answers: T[] = [];
  const errors: unknown[] = [];
  const asked = backends.map(async (backend, index) => {
    try {
      answers[index] = await ask(backend);
    } catch (error) {
      // Nobody waits for the others then: whoever asked gives them up.
      if (isRequestFault(error)) throw error;
      errors.push(error);
    }
  });
  await Promise.all(asked);
  const [first] = errors;
  if (errors.length === backends.length) throw first;
  const warnings = errors.map(messageOf);
  if (warn !== undefined) warnings.forEach(warn);
  // In the order of the stores, without the holes that errors left.
  return { answers: Object.values(answers), warnings };
}

const isEmpty = ({ values }: FetchedSeries): boolean => values.every(Number.isNaN);

/** Points from where the first of two series with the same step begins to where the last one ends. */
function reachOf(series: FetchedSeries, other: FetchedSeries): { shift: number; length: number } {
  // Stores that do not align their points to the step may be less than one apart.
  const shift = Math.round((other.start - series.start) / series.step);
  const first = Math.min(0, shift);
  const last = Math.max(series.values.length, shift + other.values.length);
  return { shift, length: last - first };
}

/**
 * Lays the points of `other` under those of `series`, when their steps fit; may write into the values of
 * `series`.
 */
export function mergeSeries(series: FetchedSeries, other: FetchedSeries): FetchedSeries {
  if (other.step !== series.step) {
    // The finer answer is kept: it cannot be put together with a coarser one without inventing points.
    const [fine, coarse] = other.step < series.step ? [other, series] : [series, other];
    return isEmpty(fine) ? coarse : fine;
  }
  const { shift, length } = reachOf(series, other);
  let { start, values } = series;
  if (length > values.length) {
    const first = Math.min(0, shift);
    start += first * series.step;
    values = new Float64Array(length).fill(Number.NaN);
    values.set(series.values, -first);
  }
  const at = Math.max(0, shift);
  for (let i = 0; i < other.values.length; i++)
    if (Number.isNaN(values[at + i] as number)) values[at + i] = other.values[i] as number;
  return { ...series, start, values };
}

/** The series of all answers; `check` is told of room before it is taken. */
function mergeAnswers(answers: readonly FetchAnswer[], check?: ReadCheck): FetchedSeries[] {
  const merged = new Map<string, FetchedSeries>();
  let points = 0;
  for (const { series } of answers) {
    for (const each of series) {
      const key = `${each.pathExpression}\n${each.name}`;
      const known = merged.get(key);
      if (known !== undefined && known.step === each.step) {
        points += reachOf(known, each).length - known.values.length;
        check?.(merged.size, points, points);
      } else if (known === undefined) points += each.values.length;
      merged.set(key, known === undefined ? each : mergeSeries(known, each));
    }
  }
  return [...merged.values()];
}

const uniqueSorted = (lists: readonly string[][]): string[] => [...new Set(lists.flat())].sort();

class MergedTags implements TagBackend {
  readonly #backends: readonly Backend[];

  constructor(backends: readonly Backend[]) {
    this.#backends = backends;
  }

  async findSeries(
    expressions: readonly string[],
    signal?: AbortSignal,
    warn?: Warn,
  ): Promise<string[]> {
    const ask = ({ tags }: Backend) => tags.findSeries(expressions, signal);
    const { answers } = await askAll(this.#backends, ask, warn);
    return uniqueSorted(answers);
  }

  async tagNames(options: Parameters<TagBackend['tagNames']>[0]): Promise<string[]> {
    const { answers } = await askAll(
      this.#backends,
      ({ tags }) => tags.tagNames(options),
      options.warn,
    );
    return uniqueSorted(answers).slice(0, options.limit);
  }

  async tagValues(
    options: Parameters<TagBackend['tagValues']>[0],
  ): Promise<{ value: string; count: number }[]> {
    const { answers } = await askAll(
      this.#backends,
      ({ tags }) => tags.tagValues(options),
      options.warn,
    );
    const counts = new Map<string, number>();
    for (const { value, count } of answers.flat())
      counts.set(value, Math.max(count, counts.get(value) ?? 0));
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => (a.value < b.value ? -1 : 1))
      .slice(0, options.limit);
  }

  async delSeries(names: readonly string[]): Promise<boolean> {
    const ask = ({ tags }: Backend) => tags.delSeries(names);
    const { answers, warnings } = await askAll(this.#backends, ask);
    // With the store that has not answered, the series would come back.
    if (warnings.length > 0)
      throw new OperatingError(
        'store-unavailable',
        `the series are not deleted everywhere, delete them again later: ${warnings.join('; ')}`,
      );
    // Some stores know no tags.
    return answers.some((done) => done);
  }
}

/** Several stores behind one contract. */
export class MergedBackend implements Backend {
  readonly name: string;
  readonly tags: TagBackend;
  readonly #backends: readonly Backend[];

  constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    this.name = backends.map(({ name }) => name).join(', ');
    this.tags = new MergedTags(backends);
  }

  async fetch({ consolidation: _, ...request }: FetchRequest): Promise<FetchAnswer> {
    // Points are laid over each other one by one: they have to come as they are.
    const { answers, warnings } = await askAll(this.#backends, (backend) => backend.fetch(request));
    return {
      series: mergeAnswers(answers, request.check),
      warnings: [...warnings, ...answers.flatMap((answer) => answer.warnings)],
    };
  }

  async find(
    queries: readonly string[],
    window?: TimeWindow,
    signal?: AbortSignal,
    warn?: Warn,
  ): Promise<FoundGlob[]> {
    const ask = (backend: Backend) => backend.find(queries, window, signal);
    const { answers } = await askAll(this.#backends, ask, warn);
    return queries.map((query, index) => {
      const nodes = new Map<string, FoundNode>();
      for (const answer of answers)
        for (const node of answer[index]?.nodes ?? [])
          nodes.set(`${node.path}\n${node.isLeaf}`, node);
      return { query, nodes: [...nodes.values()] };
    });
  }

  async info(metric: string, signal?: AbortSignal, warn?: Warn): Promise<MetricInfo | undefined> {
    const ask = (backend: Backend) => backend.info(metric, signal);
    const { answers } = await askAll(this.#backends, ask, warn);
    return answers.find((answer) => answer !== undefined);
  }

  /** Every store that has the metric changes it; one success counts. */
  async setMetadata(
    changes: readonly MetadataChange[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, MetadataOutcome>> {
    const { answers } = await askAll(
      this.#backends,
      async (backend) =>
        (await backend.setMetadata?.(changes, signal)) ?? new Map<string, MetadataOutcome>(),
    );
    const outcomes = new Map<string, MetadataOutcome>();
    for (const [metric, outcome] of answers.flatMap((answer) => [...answer])) {
      const known = outcomes.get(metric);
      if (known === undefined || 'error' in known) outcomes.set(metric, outcome);
    }
    return outcomes;
  }

  async list(signal?: AbortSignal, warn?: Warn): Promise<string[]> {
    const { answers } = await askAll(this.#backends, (backend) => backend.list(signal), warn);
    return uniqueSorted(answers);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#backends.map((backend) => backend.stop()));
  }
}
