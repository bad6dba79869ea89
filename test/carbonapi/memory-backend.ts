// A store in memory for tests: answers as Whisper files behind a carbonserver would, by its own code.
import type {
  Backend,
  FetchAnswer,
  FetchedSeries,
  FetchRequest,
  FoundGlob,
  FoundNode,
  MetricInfo,
  TagBackend,
} from '../../bundle/carbonapi/backends/backend.ts';
import { compileRegex } from '../../bundle/core/safe-regex.ts';

interface Archive {
  step: number;
  points: number;
}

export interface MemoryMetric {
  name: string;
  /** Finest first; coarser ones are averages of it. */
  archives: Archive[];
  /** Slot (time / step of the finest archive) to value. */
  values: Map<number, number>;
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;

/** A glob over one level or, with `**`, several; braces may hold globs, classes hold single characters. */
export function globToRegex(glob: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const character = glob.charAt(i);
    const close = character === '[' ? glob.indexOf(']', i + 1) : -1;
    if (character === '*' && glob.charAt(i + 1) === '*') {
      source += '.*';
      i++;
    } else if (character === '*') source += '[^.]*';
    else if (character === '?') source += '[^.]';
    else if (close > 0) {
      source += `[${glob
        .slice(i + 1, close)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`;
      i = close;
    } else if (character === '{') {
      source += '(?:';
      depth++;
    } else if (character === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (character === ',' && depth > 0) source += '|';
    else source += character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  return new RegExp(`^${source}$`);
}

function readArchive(metric: MemoryMetric, archive: Archive, from: number, count: number) {
  const values = new Float64Array(count).fill(Number.NaN);
  const fine = metric.archives[0]?.step ?? archive.step;
  const perPoint = archive.step / fine;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    let known = 0;
    const slot = (from + i * archive.step) / fine;
    for (let j = 0; j < perPoint; j++) {
      const value = metric.values.get(slot + j);
      if (value === undefined) continue;
      sum += value;
      known++;
    }
    if (known > 0) values[i] = perPoint === 1 ? sum : sum / known;
  }
  return values;
}

/** What whisper answers for a window: points after `start` up to and including `end`. */
function fetchMetric(
  metric: MemoryMetric,
  pathExpression: string,
  window: { start: number; end: number },
  now: number,
): FetchedSeries | undefined {
  const retention = Math.max(...metric.archives.map(({ step, points }) => step * points));
  const oldest = now - retention;
  if (window.start > now || window.end < oldest) return undefined;
  const from = Math.max(window.start, oldest);
  const until = Math.min(window.end, now);
  const archive =
    metric.archives.find(({ step, points }) => step * points >= now - from) ?? metric.archives[0];
  if (archive === undefined) return undefined;
  const { step } = archive;
  const start = from - modulo(from, step) + step;
  let end = until - modulo(until, step) + step;
  if (end === start) end += step;
  return {
    name: metric.name,
    pathExpression,
    start,
    step,
    values: readArchive(metric, archive, start, (end - start) / step),
    consolidate: 'average',
    xFilesFactor: 0,
  };
}

interface TagExpression {
  tag: string;
  operator: string;
  matches(value: string): boolean;
}

function parseTagExpression(text: string): TagExpression {
  const match = /^([^=!~;]+)(=~|!=~|!=|=)(.*)$/.exec(text);
  if (match === null) throw new Error(`cannot read the tag expression ${text}`);
  const [, tag = '', operator = '', value = ''] = match;
  if (operator === '=') return { tag, operator, matches: (found) => found === value };
  if (operator === '!=') return { tag, operator, matches: (found) => found !== value };
  const regex = compileRegex(value);
  const isMatch = (found: string): boolean => regex.testAtStart(found);
  return {
    tag,
    operator,
    matches: operator === '=~' ? isMatch : (found) => !isMatch(found),
  };
}

function tagsOf(name: string): Map<string, string> {
  const [first = '', ...rest] = name.split(';');
  const tags = new Map([['name', first]]);
  for (const part of rest) {
    const at = part.indexOf('=');
    tags.set(part.slice(0, at), part.slice(at + 1));
  }
  return tags;
}

export class MemoryBackend implements Backend {
  readonly name = 'memory';
  readonly metrics = new Map<string, MemoryMetric>();
  /** What was asked, for tests that count. */
  readonly fetches: FetchRequest[] = [];
  readonly #now: () => number;

  constructor(now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.#now = now;
  }

  /** Adds or extends a metric; `points` are [unix seconds, value]. */
  add(name: string, archives: Archive[], points: Iterable<readonly [number, number]>): void {
    const sorted = name.split(';');
    const canonical = [sorted[0], ...sorted.slice(1).sort()].join(';');
    const metric = this.metrics.get(canonical) ?? { name: canonical, archives, values: new Map() };
    const step = archives[0]?.step ?? 60;
    for (const [time, value] of points) metric.values.set(Math.floor(time / step), value);
    this.metrics.set(canonical, metric);
  }

  async fetch(request: FetchRequest): Promise<FetchAnswer> {
    this.fetches.push(request);
    const series: FetchedSeries[] = [];
    for (const path of request.paths) {
      const exact = this.metrics.get(path);
      const matching = exact ? [exact] : path.includes(';') ? [] : this.#matching(path);
      for (const metric of matching) {
        const answer = fetchMetric(metric, path, request.window, this.#now());
        if (answer !== undefined) series.push(answer);
      }
    }
    return { series, warnings: [] };
  }

  async find(queries: readonly string[]): Promise<FoundGlob[]> {
    return queries.map((query) => {
      const regex = globToRegex(query);
      const nodes = new Map<string, FoundNode>();
      for (const name of this.metrics.keys()) {
        if (name.includes(';')) continue;
        const parts = name.split('.');
        for (let length = 1; length <= parts.length; length++) {
          const path = parts.slice(0, length).join('.');
          const isLeaf = length === parts.length;
          if (regex.test(path)) nodes.set(`${path}|${isLeaf}`, { path, isLeaf });
        }
      }
      return { query, nodes: [...nodes.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) };
    });
  }

  async info(name: string): Promise<MetricInfo | undefined> {
    const metric = this.metrics.get(name);
    if (metric === undefined) return undefined;
    return {
      name,
      aggregationMethod: 'average',
      xFilesFactor: 0,
      maxRetention: Math.max(...metric.archives.map(({ step, points }) => step * points)),
      retentions: metric.archives.map(({ step, points }) => ({ secondsPerPoint: step, points })),
    };
  }

  async list(): Promise<string[]> {
    return [...this.metrics.keys()];
  }

  async stop(): Promise<void> {}

  readonly tags: TagBackend = {
    findSeries: async (expressions) => this.#tagged(expressions),
    tagNames: async ({ expressions = [], prefix = '', limit = 10_000, regex }) => {
      const used = new Set(expressions.map((text) => parseTagExpression(text).tag));
      const filter = regex === undefined ? undefined : compileRegex(regex);
      const names = new Set<string>();
      for (const series of this.#tagged(expressions))
        for (const tag of tagsOf(series).keys())
          if (tag.startsWith(prefix) && !used.has(tag) && (filter?.testAtStart(tag) ?? true))
            names.add(tag);
      return [...names].sort().slice(0, limit);
    },
    tagValues: async ({ tag, expressions = [], prefix = '', limit = 10_000, regex }) => {
      const filter = regex === undefined ? undefined : compileRegex(regex);
      const counts = new Map<string, number>();
      for (const series of this.#tagged(expressions)) {
        const value = tagsOf(series).get(tag);
        if (value === undefined || !value.startsWith(prefix)) continue;
        if (filter?.testAtStart(value) ?? true) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return [...counts]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => (a.value < b.value ? -1 : 1))
        .slice(0, limit);
    },
    delSeries: async (names) => {
      for (const name of names) this.metrics.delete(name);
      return true;
    },
  };

  #matching(path: string): MemoryMetric[] {
    const regex = globToRegex(path);
    return [...this.metrics.values()].filter(({ name }) => !name.includes(';') && regex.test(name));
  }

  // In graphite every series is in the tag index, an untagged one with its name only.
  #tagged(expressions: readonly string[]): string[] {
    const parsed = expressions.map(parseTagExpression);
    return [...this.metrics.keys()]
      .filter((name) => {
        const tags = tagsOf(name);
        return parsed.every(({ tag, matches }) => matches(tags.get(tag) ?? ''));
      })
      .sort();
  }
}
