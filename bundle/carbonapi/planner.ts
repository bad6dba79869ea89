// What a request reads from the store: each distinct path is fetched once per time window, all paths
// of a window in one call. Counts what was read and refuses more than the limits allow.
import { OperatingError } from '../core/errors.ts';
import {
  type Backend,
  type FetchedSeries,
  pointsRead,
  type StoreConsolidation,
} from './backends/backend.ts';
import type { Expression } from './expression/ast.ts';
import { parseTarget } from './expression/parser.ts';
import { tagsOfName } from './functions/names.ts';
import type { ReadLimits } from './read-limits.ts';
import type { Series, TimeWindow } from './series.ts';
import type { ReadAccount } from './serving/read-budget.ts';
import type { Turns } from './serving/turn.ts';
import { sortedByName } from './sorted-by-name.ts';
import { checkTagExpressions } from './tag-expressions.ts';

export const taggedPathPrefix = 'seriesByTag(';

const consolidationAliases: Record<string, string> = { avg: 'average', '': 'average' };

function toSeries(
  { name, start, step, values, consolidate, consolidatedFrom }: FetchedSeries,
  pathExpression: string,
  xFilesFactor: number,
): Series {
  return {
    name,
    pathExpression,
    start,
    step,
    end: consolidatedFrom?.end ?? start + values.length * step,
    values,
    tags: name.includes(';') ? tagsOfName(name) : { name },
    consolidate: consolidationAliases[consolidate] ?? consolidate,
    xFilesFactor,
    ...(consolidatedFrom === undefined ? {} : { consolidatedFrom }),
  };
}

/** Whether `name` is what a tagged series is called: each tag once, in order, nothing to be matched. */
function isCanonicalName(name: string): boolean {
  const [path = '', ...tags] = name.split(';');
  const tagNames = tags.map((tag) => tag.slice(0, Math.max(0, tag.indexOf('='))));
  const inOrder = tagNames.every(
    (tag, i) => tag !== '' && (i === 0 || (tagNames[i - 1] ?? '') < tag),
  );
  return path !== '' && inOrder && !/[*?[\]{}]/.test(name);
}

/** Series made between looks at the clock. */
const seriesPerPiece = 256;

type KnownPaths = Map<string, Series[] | Promise<Series[]>>;

/**
 * Each series of `before` continued by that of the same name in `after`; undefined if they do not fit.
 * A window shorter than a step gets a point beyond its end, which a longer one does not have.
 */
function joinLists(
  before: readonly Series[],
  after: readonly Series[],
  windowEnd: number,
): Series[] | undefined {
  if (before.length !== after.length) return undefined;
  const joined: Series[] = [];
  for (let i = 0; i < after.length; i++) {
    const [head, tail] = [before[i] as Series, after[i] as Series];
    const fits = head.name === tail.name && head.step === tail.step && head.end === tail.start;
    if (!fits || tail.end - tail.step > windowEnd) return undefined;
    const values = new Float64Array(head.values.length + tail.values.length);
    values.set(head.values);
    values.set(tail.values, head.values.length);
    joined.push({ ...tail, start: head.start, values });
  }
  return joined;
}

/** The tag expressions of a path written `seriesByTag("a=b", …)`. */
function tagExpressionsOf(path: string): string[] {
  const call = parseTarget(path) as Extract<Expression, { kind: 'call' }>;
  const expressions = call.args.map((argument) => {
    if (argument.kind === 'string') return argument.value;
    throw new OperatingError(
      'bad-argument',
      `seriesByTag: an expression must be a text in quotes like "tag=value"`,
    );
  });
  if (expressions.length === 0)
    throw new OperatingError('bad-argument', 'seriesByTag: tagExpressions is required');
  checkTagExpressions(expressions);
  return expressions;
}

/** The reads of one request. Not to be shared between requests: it remembers their answers. */
export class Planner {
  readonly limits: ReadLimits;
  readonly warnings = new Set<string>();
  seriesRead = 0;
  pointsRead = 0;
  fetches = 0;
  readonly #backend: Backend;
  readonly #signal: AbortSignal | undefined;
  readonly #xFilesFactor: number;
  readonly #account: ReadAccount | undefined;
  readonly #turns: Turns | undefined;
  readonly #until: number;
  /** Windows are few: a list will do. */
  #known: { window: TimeWindow; paths: KnownPaths }[] = [];
  #consolidation: StoreConsolidation | undefined;

  /**
   * `xFilesFactor`: what fetched series get, whatever their files say, as in Graphite. `until`: nothing
   * after it is read, the `now` of a request that looks back.
   */
  constructor(
    backend: Backend,
    limits: ReadLimits,
    options: {
      xFilesFactor?: number;
      until?: number;
      signal?: AbortSignal;
      account?: ReadAccount;
      turns?: Turns;
    } = {},
  ) {
    this.#backend = backend;
    this.limits = limits;
    this.#xFilesFactor = options.xFilesFactor ?? 0;
    this.#until = options.until ?? Number.POSITIVE_INFINITY;
    this.#signal = options.signal;
    this.#account = options.account;
    this.#turns = options.turns;
  }

  /** From now on the store may consolidate what is read; undefined: it may not. */
  letConsolidate(consolidation: StoreConsolidation | undefined): void {
    this.#consolidation = consolidation;
  }

  /** Forgets what was read, as if nothing had been asked for yet; `fetches` goes on. */
  startOver(): void {
    this.#known = [];
    this.seriesRead = 0;
    this.pointsRead = 0;
  }

  /** Fetches those of `paths` that are not known for `window` yet, in one call; undefined when all are. */
  prefetch(paths: Iterable<string>, window: TimeWindow): Promise<void> | undefined {
    const known = this.#windowOf(window);
    const missing = new Set<string>();
    for (const path of paths) {
      if (known.has(path)) continue;
      // A tagged series has one name as a path; patterns of tags are for seriesByTag alone.
      const isNone = path.includes(';') && !isCanonicalName(path);
      if (isNone || window.start > this.#until) known.set(path, []);
      else missing.add(path);
    }
    if (missing.size === 0) return undefined;
    const all = this.#read([...missing], window, known);
    for (const path of missing) {
      const answer = all.then(() => known.get(path) as Series[]);
      // Whoever asks for the path meets the error; here it only must not count as unhandled.
      answer.catch(() => {});
      known.set(path, answer);
    }
    return all;
  }

  /** The series of `path` in `window`, ordered by name; at once when it was fetched before. */
  series(path: string, window: TimeWindow): Series[] | Promise<Series[]> {
    const known = this.#windowOf(window);
    const answer = known.get(path);
    if (answer !== undefined) return answer;
    const pending = this.prefetch([path], window);
    if (pending === undefined) return known.get(path) ?? [];
    return pending.then(() => known.get(path) ?? []);
  }

  #windowOf(window: TimeWindow): KnownPaths {
    const { start, end } = window;
    let known = this.#known.find((each) => each.window.start === start && each.window.end === end);
    if (known === undefined) {
      known = { window, paths: new Map() };
      this.#known.push(known);
    }
    return known.paths;
  }

  /**
   * Of paths that are known for a window with the same end, what lies before it is all that is read:
   * moving functions need a little more than what was just fetched.
   */
  async #read(paths: string[], window: TimeWindow, known: KnownPaths): Promise<void> {
    const shorter = this.#known.find(
      (each) =>
        each.window.end === window.end &&
        each.window.start > window.start &&
        paths.every((path) => (each.paths.get(path) as Series[] | undefined)?.length),
    );
    if (shorter === undefined) return this.#fetch(paths, window, known);
    const before: KnownPaths = new Map();
    await this.#fetch(paths, { start: window.start, end: shorter.window.start }, before);
    const others: string[] = [];
    for (const path of paths) {
      const after = shorter.paths.get(path) as Series[];
      const joined = joinLists(before.get(path) as Series[], after, window.end);
      if (joined === undefined) others.push(path);
      else known.set(path, joined);
    }
    // Another archive reaches back so far, or a series has come or gone.
    if (others.length > 0) await this.#fetch(others, window, known);
  }

  async #fetch(paths: string[], asked: TimeWindow, known: KnownPaths): Promise<void> {
    const window = { start: asked.start, end: Math.min(asked.end, this.#until) };
    const plain: string[] = [];
    const tagged = new Map<string, string[]>();
    for (const path of paths) {
      if (!path.startsWith(taggedPathPrefix)) plain.push(path);
      else {
        const expressions = tagExpressionsOf(path);
        const warn = (text: string): void => void this.warnings.add(text);
        tagged.set(path, await this.#backend.tags.findSeries(expressions, this.#signal, warn));
      }
    }
    const names = new Set(plain);
    for (const found of tagged.values()) for (const name of found) names.add(name);
    const byPath = new Map<string, FetchedSeries[]>();
    if (names.size > 0) {
      this.fetches++;
      const answer = await this.#backend.fetch({
        paths: [...names],
        window,
        check: (series, points, held) => this.#check(series, points, held),
        ...(this.#consolidation === undefined ? {} : { consolidation: this.#consolidation }),
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
        ...(this.#account === undefined ? {} : { columns: this.#account.blocks }),
      });
      for (const warning of answer.warnings) this.warnings.add(warning);
      this.#count(answer.series);
      this.#turns?.begin();
      for (const series of answer.series) {
        const list = byPath.get(series.pathExpression);
        if (list === undefined) byPath.set(series.pathExpression, [series]);
        else list.push(series);
      }
    }
    for (const path of plain) known.set(path, await this.#toList(path, [path], byPath));
    for (const [path, found] of tagged) known.set(path, await this.#toList(path, found, byPath));
  }

  async #toList(
    path: string,
    requested: readonly string[],
    byPath: ReadonlyMap<string, readonly FetchedSeries[]>,
  ): Promise<Series[]> {
    const list: Series[] = [];
    for (const name of requested)
      for (const fetched of byPath.get(name) ?? []) {
        list.push(toSeries(fetched, path, this.#xFilesFactor));
        const isPieceDone = list.length % seriesPerPiece === 0;
        const pause = isPieceDone ? this.#turns?.pause() : undefined;
        if (pause !== undefined) await pause;
      }
    return sortedByName(list, this.#turns);
  }

  #count(series: readonly FetchedSeries[]): void {
    let points = 0;
    let held = 0;
    for (const each of series) {
      points += pointsRead(each);
      held += each.values.length;
    }
    this.#check(series.length, points, held);
    this.seriesRead += series.length;
    this.pointsRead += points;
    this.#account?.take(held);
  }

  /** Throws when so many more would be too many: asked while they arrive, not when all are in memory. */
  #check(moreSeries: number, morePoints: number, moreHeld: number): void {
    const { seriesMax, pointsMax } = this.limits;
    const series = this.seriesRead + moreSeries;
    const points = this.pointsRead + morePoints;
    if (series > seriesMax)
      throw new OperatingError(
        'too-many-series',
        `the request reads ${series} series, more than the ${seriesMax} allowed (limits.series); name the metrics more narrowly`,
      );
    if (points > pointsMax)
      throw new OperatingError(
        'too-many-points',
        `the request reads ${points} points, more than the ${pointsMax} allowed (limits.points); ask for a shorter time range or fewer metrics`,
      );
    this.#account?.check(moreHeld);
  }
}
