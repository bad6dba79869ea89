// Several stores as one: each point is the first that any store has, a name is there if any has it.
// A store that fails costs its part of the answer, and a warning; all failing is an error.
import { messageOf, OperatingError } from '../../core/errors.ts';
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
  TagBackend,
} from './backend.ts';

interface Collected<T> {
  answers: T[];
  warnings: string[];
}

/** What concerns the request: another store's answer does not make up for it. */
const requestFaults = new Set(['store-refused', 'too-many-series', 'too-many-points', 'too-busy']);

async function askAll<T>(
  backends: readonly Backend[],
  ask: (backend: Backend) => Promise<T>,
): Promise<Collected<T>> {
  const settled = await Promise.allSettled(backends.map(ask));
  const answers: T[] = [];
  const errors: unknown[] = [];
  for (const one of settled) {
    if (one.status === 'fulfilled') answers.push(one.value);
    else errors.push(one.reason);
  }
  const [first] = errors;
  if (answers.length === 0 && first !== undefined) throw first;
  const refused = errors.find(
    (error) => error instanceof OperatingError && requestFaults.has(error.code),
  );
  if (refused !== undefined) throw refused;
  return { answers, warnings: errors.map(messageOf) };
}

/** Lays the points of `other` under those of `series`, when their steps fit. */
export function mergeSeries(series: FetchedSeries, other: FetchedSeries): FetchedSeries {
  if (other.step !== series.step) {
    // The finer answer is kept: it cannot be put together with a coarser one without inventing points.
    return other.step < series.step ? other : series;
  }
  const { step } = series;
  const start = Math.min(series.start, other.start);
  const end = Math.max(
    series.start + series.values.length * step,
    other.start + other.values.length * step,
  );
  const values = new Float64Array((end - start) / step).fill(Number.NaN);
  values.set(other.values, (other.start - start) / step);
  const shift = (series.start - start) / step;
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i] as number;
    if (!Number.isNaN(value)) values[i + shift] = value;
  }
  return { ...series, start, values };
}

function mergeAnswers(answers: readonly FetchAnswer[]): FetchedSeries[] {
  const merged = new Map<string, FetchedSeries>();
  for (const { series } of answers) {
    for (const each of series) {
      const key = `${each.pathExpression}\n${each.name}`;
      const known = merged.get(key);
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

  async findSeries(expressions: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const { answers } = await askAll(this.#backends, ({ tags }) =>
      tags.findSeries(expressions, signal),
    );
    return uniqueSorted(answers);
  }

  async tagNames(options: Parameters<TagBackend['tagNames']>[0]): Promise<string[]> {
    const { answers } = await askAll(this.#backends, ({ tags }) => tags.tagNames(options));
    return uniqueSorted(answers).slice(0, options.limit);
  }

  async tagValues(
    options: Parameters<TagBackend['tagValues']>[0],
  ): Promise<{ value: string; count: number }[]> {
    const { answers } = await askAll(this.#backends, ({ tags }) => tags.tagValues(options));
    const counts = new Map<string, number>();
    for (const { value, count } of answers.flat())
      counts.set(value, Math.max(count, counts.get(value) ?? 0));
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => (a.value < b.value ? -1 : 1))
      .slice(0, options.limit);
  }

  async delSeries(names: readonly string[]): Promise<boolean> {
    const { answers } = await askAll(this.#backends, ({ tags }) => tags.delSeries(names));
    return answers.every((done) => done);
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
      series: mergeAnswers(answers),
      warnings: [...warnings, ...answers.flatMap((answer) => answer.warnings)],
    };
  }

  async find(
    queries: readonly string[],
    window?: TimeWindow,
    signal?: AbortSignal,
  ): Promise<FoundGlob[]> {
    const { answers } = await askAll(this.#backends, (backend) =>
      backend.find(queries, window, signal),
    );
    return queries.map((query, index) => {
      const nodes = new Map<string, FoundNode>();
      for (const answer of answers)
        for (const node of answer[index]?.nodes ?? [])
          nodes.set(`${node.path}\n${node.isLeaf}`, node);
      return { query, nodes: [...nodes.values()] };
    });
  }

  async info(metric: string, signal?: AbortSignal): Promise<MetricInfo | undefined> {
    const { answers } = await askAll(this.#backends, (backend) => backend.info(metric, signal));
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

  async list(signal?: AbortSignal): Promise<string[]> {
    const { answers } = await askAll(this.#backends, (backend) => backend.list(signal));
    return uniqueSorted(answers);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#backends.map((backend) => backend.stop()));
  }
}
