// Evaluates syntax trees: fetches paths, binds arguments, calls functions. What is known already is
// answered without a promise, so that a deep expression over fetched data runs straight through.
import { messageOf, OperatingError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest-name.ts';
import type { EvaluationContext, FunctionDefinition } from '../functions/define.ts';
import { allFunctions, functionNamed } from '../functions/index.ts';
import type { Planner } from '../planner.ts';
import { MadeList } from '../read-limits.ts';
import { type Series, type TimeWindow, withSeries } from '../series.ts';
import { throwIfAborted } from '../serving/abort.ts';
import type { Turns } from '../serving/turn.ts';
import {
  argumentExpressions,
  type BoundArguments,
  bindArguments,
  bindSeries,
} from './arguments.ts';
import type { Expression } from './ast.ts';
import { parseTarget } from './parser.ts';
import {
  collectPaths,
  isSeriesByTag,
  type PathsByWindow,
  type RangeRequest,
  rangeOf,
  readsOwnWindow,
  taggedPathOf,
} from './paths.ts';
import { evaluatePieces, isLong } from './pieces.ts';
import { untouchedPaths } from './untouched-paths.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Maybe<T> = T | Promise<T>;

const isPromise = <T>(value: Maybe<T>): value is Promise<T> => value instanceof Promise;
const then = <T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> =>
  isPromise(value) ? value.then(next) : next(value);

/** What holds for a whole request. */
export interface EvaluationRequest {
  readonly window: TimeWindow;
  readonly now: number;
  readonly timeZone: string;
  readonly maxDataPoints: number | undefined;
  /** To how many points the store may consolidate what nobody looks at before. */
  readonly consolidateTo?: number;
  readonly xFilesFactor: number;
  readonly planner: Planner;
  readonly depthMax: number;
  readonly template?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
  readonly turns: Turns;
  events(tags: readonly string[], window: TimeWindow): Promise<{ when: number }[]>;
}

/** A window being evaluated, with the xFilesFactor that setXFilesFactor may change from here on. */
interface Scope {
  window: TimeWindow;
  xFilesFactor: number;
}

/** Another window than the call's own for its seriesList. */
interface FetchRange {
  call: Call;
  window: TimeWindow;
}

function unknownFunction(name: string): OperatingError {
  const known = allFunctions.flatMap((each) => [each.name, ...(each.aliases ?? [])]);
  return new OperatingError(
    'unknown-function',
    `there is no function ${name}${didYouMean(name, known)}`,
  );
}

function withFunctionName(error: unknown, name: string): unknown {
  if (!(error instanceof OperatingError)) {
    // A failure of the function itself, not of its input: the log should say whose.
    return new Error(`${name}: ${messageOf(error)}`, { cause: error });
  }
  if (!/^[A-Za-z_]\w*: /.test(error.message))
    return new OperatingError(error.code, `${name}: ${error.message}`, { cause: error });
  return error;
}

class CallContext implements EvaluationContext {
  readonly call: Call;
  readonly #evaluator: Evaluator;
  readonly #definition: FunctionDefinition;
  readonly #scope: Scope;

  constructor(evaluator: Evaluator, definition: FunctionDefinition, call: Call, scope: Scope) {
    this.#evaluator = evaluator;
    this.#definition = definition;
    this.call = call;
    this.#scope = scope;
  }

  get window(): TimeWindow {
    return this.#scope.window;
  }
  get now(): number {
    return this.#evaluator.request.now;
  }
  get timeZone(): string {
    return this.#evaluator.request.timeZone;
  }
  get maxDataPoints(): number | undefined {
    return this.#evaluator.request.maxDataPoints;
  }
  get xFilesFactor(): number {
    return this.#scope.xFilesFactor;
  }
  set xFilesFactor(value: number) {
    this.#scope.xFilesFactor = value;
  }

  async evaluateArgument(name: string, window: TimeWindow): Promise<Series[]> {
    const expressions = argumentExpressions(this.call, this.#definition.params, name);
    return this.#evaluator.evaluateAll(expressions, this.#scopeFor(window));
  }

  async evaluateTarget(target: string, window?: TimeWindow): Promise<Series[]> {
    const { depthMax, template } = this.#evaluator.request;
    const expression = parseTarget(target, {
      depthMax,
      ...(template === undefined ? {} : { template }),
    });
    return this.evaluate(expression, window);
  }

  async evaluate(expression: Expression, window?: TimeWindow): Promise<Series[]> {
    return this.#evaluator.evaluateAll([expression], this.#scopeFor(window));
  }

  events(tags: readonly string[], window: TimeWindow): Promise<{ when: number }[]> {
    return this.#evaluator.request.events(tags, window);
  }

  callFunction(
    name: string,
    seriesLists: readonly (readonly Series[])[],
  ): Promise<Series[]> | undefined {
    const definition = functionNamed(name);
    if (definition === undefined) return undefined;
    if (definition.fetchRange !== undefined)
      throw new OperatingError(
        'bad-argument',
        `${name} cannot be used here: it reads another window`,
      );
    const call: Call = { kind: 'call', name, args: [], kwargs: [], text: `${name}()` };
    return (async () => {
      const context = new CallContext(this.#evaluator, definition, call, this.#scope);
      return definition.evaluate(bindSeries(definition, seriesLists) as never, context);
    })();
  }

  pause(): Promise<void> | undefined {
    const { signal, turns } = this.#evaluator.request;
    throwIfAborted(signal);
    return turns.pause();
  }

  get stacks(): Map<string, number[]> {
    return this.#evaluator.stacks;
  }

  #scopeFor(window: TimeWindow | undefined): Scope {
    return window === undefined ? this.#scope : { ...this.#scope, window };
  }
}

/** Evaluates the targets of one request. */
export class Evaluator {
  readonly request: EvaluationRequest;
  /** Running totals of stacked(), by stack name. */
  readonly stacks = new Map<string, number[]>();
  #nesting = 0;

  constructor(request: EvaluationRequest) {
    this.request = request;
  }

  /** The series of each target, in their order. All targets are parsed before anything is fetched. */
  async evaluateTargets(targets: readonly string[]): Promise<Series[][]> {
    const { depthMax, template, window, xFilesFactor, planner, consolidateTo } = this.request;
    const options = { depthMax, ...(template === undefined ? {} : { template }) };
    const expressions = targets.map((target) => parseTarget(target, options));
    const scope: Scope = { window, xFilesFactor };
    const by = consolidateTo === undefined ? undefined : untouchedPaths(expressions);
    planner.letConsolidate(
      consolidateTo === undefined || by === undefined
        ? undefined
        : { maxDataPoints: consolidateTo, by },
    );
    await this.#prefetch(expressions, window);
    this.request.turns.begin();
    const answers: Series[][] = [];
    for (const expression of expressions) answers.push(await this.#evaluate(expression, scope));
    const made = new MadeList(planner.limits);
    for (const answer of answers) made.add(answer);
    return answers;
  }

  /** The series of all `expressions` together, in order, after one fetch for what is missing. */
  evaluateAll(expressions: readonly Expression[], scope: Scope): Maybe<Series[]> {
    return then(this.#prefetch(expressions, scope.window), () =>
      this.#evaluateFrom(expressions, 0, scope, []),
    );
  }

  #prefetch(expressions: readonly Expression[], window: TimeWindow): Maybe<void> {
    const { planner, timeZone } = this.request;
    const byWindow: PathsByWindow = new Map();
    for (const expression of expressions) collectPaths(expression, { window, timeZone }, byWindow);
    const fetches = [...byWindow.values()].flatMap(({ paths, window }) => {
      const fetch = planner.prefetch(paths, window);
      return fetch === undefined ? [] : [fetch];
    });
    return fetches.length > 1 ? Promise.all(fetches).then(() => {}) : fetches[0];
  }

  #evaluateFrom(
    expressions: readonly Expression[],
    first: number,
    scope: Scope,
    sofar: Series[],
    // A path given often makes a long list of the little that is read.
    made = new MadeList(this.request.planner.limits),
  ): Maybe<Series[]> {
    if (expressions.length === 1 && expressions[0] !== undefined)
      return this.#evaluate(expressions[0], scope);
    for (let i = first; i < expressions.length; i++) {
      const answer = this.#evaluate(expressions[i] as Expression, scope);
      if (isPromise(answer))
        return answer.then((series) => {
          for (const each of made.add(series)) sofar.push(each);
          return this.#evaluateFrom(expressions, i + 1, scope, sofar, made);
        });
      for (const each of made.add(answer)) sofar.push(each);
    }
    return sofar;
  }

  #evaluate(node: Expression, scope: Scope): Maybe<Series[]> {
    if (node.kind === 'path') return this.#fetched(node.text, scope);
    if (node.kind === 'call')
      return isSeriesByTag(node)
        ? this.#fetched(taggedPathOf(node), scope)
        : this.#call(node, scope);
    throw new OperatingError(
      'bad-target',
      'a target must be a metric path or a call, not a plain value',
    );
  }

  #fetched(path: string, scope: Scope): Maybe<Series[]> {
    const { xFilesFactor, window } = scope;
    const known = this.request.planner.series(path, window);
    if (xFilesFactor === this.request.xFilesFactor) return known;
    return then(known, (series) => series.map((each) => withSeries(each, { xFilesFactor })));
  }

  #call(call: Call, scope: Scope): Maybe<Series[]> {
    const definition = functionNamed(call.name);
    if (definition === undefined) throw unknownFunction(call.name);
    // applyByNode and the like evaluate texts of their own, out of the parser's sight.
    if (this.#nesting >= this.request.depthMax)
      throw new OperatingError(
        'bad-target',
        `${call.name}: calls are nested more than ${this.request.depthMax} deep`,
      );
    const bound = bindArguments(call, definition);
    this.#nesting++;
    const leave = <T>(value: T): T => {
      this.#nesting--;
      return value;
    };
    let answer: Maybe<Series[]>;
    try {
      const { timeZone } = this.request;
      const range = this.#rangeOf(definition, call, bound, { window: scope.window, timeZone });
      answer = then(this.#fillSeries(bound, 0, scope, range && { call, window: range }), () =>
        then(this.#turn(), () => this.#apply(definition, call, bound.values, scope)),
      );
    } catch (error) {
      throw leave(error);
    }
    if (!isPromise(answer)) return leave(answer);
    return answer.then(leave, (error: unknown) => {
      throw leave(error);
    });
  }

  #rangeOf(
    definition: FunctionDefinition,
    call: Call,
    bound: BoundArguments,
    request: RangeRequest,
  ): TimeWindow | undefined {
    try {
      return rangeOf(definition, bound.values, request);
    } catch (error) {
      throw withFunctionName(error, call.name);
    }
  }

  /** Evaluates the series arguments of a call; `range` is the window of its seriesList, if another. */
  #fillSeries(
    bound: BoundArguments,
    first: number,
    scope: Scope,
    range: FetchRange | undefined,
  ): Maybe<void> {
    for (let i = first; i < bound.series.length; i++) {
      const { param, expressions } = bound.series[i] as BoundArguments['series'][number];
      const answer =
        range !== undefined && param === 'seriesList'
          ? this.#evaluateIn(range, expressions, scope)
          : this.#evaluateFrom(expressions, 0, scope, []);
      if (isPromise(answer))
        return answer.then((series) => {
          bound.values[param] = series;
          return this.#fillSeries(bound, i + 1, scope, range);
        });
      bound.values[param] = answer;
    }
  }

  #evaluateIn(
    { call, window }: FetchRange,
    expressions: readonly Expression[],
    scope: Scope,
  ): Maybe<Series[]> {
    const inner: Scope = { ...scope, window };
    const evaluateInner = (): Maybe<Series[]> =>
      then(this.#evaluateFrom(expressions, 0, inner, []), (series) => {
        scope.xFilesFactor = inner.xFilesFactor;
        return series;
      });
    if (!expressions.some((each) => readsOwnWindow(call, each))) return evaluateInner();
    return then(this.#evaluateFrom(expressions, 0, scope, []), (series) =>
      series.length === 0 ? series : evaluateInner(),
    );
  }

  #apply(
    definition: FunctionDefinition,
    call: Call,
    values: Record<string, unknown>,
    scope: Scope,
  ): Maybe<Series[]> {
    const fail = (error: unknown): never => {
      throw withFunctionName(error, call.name);
    };
    const context = new CallContext(this, definition, call, scope);
    const made = new MadeList(this.request.planner.limits);
    const checked = (series: Series[]): Series[] => made.add(series);
    const evaluate = (arguments_: Record<string, unknown>): Maybe<Series[]> =>
      then(definition.evaluate(arguments_ as never, context), checked);
    try {
      const list = values['seriesList'];
      const answer =
        definition.perSeries && Array.isArray(list) && isLong(list)
          ? evaluatePieces(
              list,
              (seriesList) => evaluate({ ...values, seriesList }),
              () => this.#turn(),
            )
          : evaluate(values);
      return isPromise(answer) ? answer.catch(fail) : answer;
    } catch (error) {
      return fail(error);
    }
  }

  // Ends a request that is given up, and lets others have a turn after a slice of work.
  #turn(): Maybe<void> {
    throwIfAborted(this.request.signal);
    return this.request.turns.pause();
  }
}
