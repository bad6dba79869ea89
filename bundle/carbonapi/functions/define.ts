// The contract of a Graphite function. One entry holds signature, documentation and code; argument
// parsing, /functions, error messages and the types of `evaluate` derive from `params`.
import type { Expression } from '../expression/ast.ts';
import type { Series, TimeWindow } from '../series.ts';

export const functionGroups = [
  'Alias',
  'Calculate',
  'Combine',
  'Filter Data',
  'Filter Series',
  'Graph',
  'Sorting',
  'Special',
  'Transform',
] as const;
export type FunctionGroup = (typeof functionGroups)[number];

/** Graphite's parameter types, as /functions names them, with what `evaluate` receives. */
export interface ParamValues {
  seriesList: Series[];
  /** Any number of series lists, flattened into one. */
  seriesLists: Series[];
  string: string;
  integer: number;
  float: number;
  boolean: boolean;
  /** A number of points or a time text like "5min". */
  intOrInterval: number | string;
  intOrInf: number;
  /** A time span, "1h" or "-1h"; handed over as written. */
  interval: string;
  /** A date in any of Graphite's forms; handed over as written. */
  date: string;
  /** A node index or a tag name. */
  node: number | string;
  nodeOrTag: number | string;
  /** Name of an aggregation function: "sum", "average", … (checked). */
  aggFunc: string;
  aggOrSeriesFunc: string;
  tag: string;
  /** Whatever was written; a path or call arrives evaluated. */
  any: string | number | boolean | null | Series[];
}
export type ParamType = keyof ParamValues;

export interface Param {
  readonly name: string;
  /** The name that /functions shows, where carbonapi calls two parameters the same. */
  readonly shownAs?: string;
  readonly type: ParamType;
  readonly required?: boolean;
  /** Takes the rest of the positional arguments; `evaluate` gets an array. */
  readonly multiple?: boolean;
  readonly default?: string | number | boolean | null;
  /** The only values allowed; a wrong one is answered with the nearest. */
  readonly options?: readonly (string | number | boolean | null)[];
  /**
   * The signature says less than Graphite takes: values outside `options`, fractions as integers.
   * They reach `evaluate`, which decides.
   */
  readonly acceptsOther?: boolean;
  /** What a missing argument means where Graphite calls it required and yet does without. */
  readonly assumed?: string | number | boolean;
  /** Shown by Grafana's editor. */
  readonly suggestions?: readonly (string | number)[];
}

type ValueOf<P extends Param> = P['type'] extends 'seriesList' | 'seriesLists'
  ? Series[]
  : P['multiple'] extends true
    ? ParamValues[P['type']][]
    : ParamValues[P['type']];

type IsPresent<P extends Param> = P['required'] extends true
  ? true
  : P['multiple'] extends true
    ? true
    : P['default'] extends string | number | boolean
      ? true
      : false;

/** What `evaluate` receives, by parameter name. */
export type Arguments<P extends readonly Param[]> = {
  [K in P[number] as K['name']]: IsPresent<K> extends true ? ValueOf<K> : ValueOf<K> | undefined;
};

/** What a function may know of the request around it. */
export interface EvaluationContext {
  /** The window this call is evaluated for. An inner call of a shifted function sees the shifted one. */
  readonly window: TimeWindow;
  /** Request time, unix seconds. */
  readonly now: number;
  /** IANA name of the request's time zone; default UTC. */
  readonly timeZone: string;
  /** maxDataPoints of the request, if any. */
  readonly maxDataPoints: number | undefined;
  /** xFilesFactor in force: the request's parameter or what setXFilesFactor set; default 0. */
  xFilesFactor: number;
  /** This call as parsed: `args` and `kwargs` not evaluated. */
  readonly call: Extract<Expression, { kind: 'call' }>;
  /**
   * Evaluates the argument of parameter `name` again for another window (moving functions,
   * timeShift, holtWinters). Fetches are shared and done once per path and window.
   */
  evaluateArgument(name: string, window: TimeWindow): Promise<Series[]>;
  /** Evaluates a target written as text (applyByNode, aliasQuery, reduceSeries). */
  evaluateTarget(target: string, window?: TimeWindow): Promise<Series[]>;
  /** Evaluates an expression node for a window. */
  evaluate(expression: Expression, window?: TimeWindow): Promise<Series[]>;
  /** Events with the given tags (the events() function); empty when there is no event store. */
  events(tags: readonly string[], window: TimeWindow): Promise<{ when: number }[]>;
  /**
   * Calls another function by name with series lists for its first parameters and defaults for the
   * rest (groupByNode, reduceSeries); undefined when there is no such function.
   */
  callFunction(
    name: string,
    seriesLists: readonly (readonly Series[])[],
  ): Promise<Series[]> | undefined;
  /**
   * A pause to wait for when the request has had its share of the thread, else undefined. For loops
   * that take long over many series.
   */
  pause(): Promise<void> | undefined;
  /** Running totals of stacked() by stack name; one map for the whole request. */
  readonly stacks: Map<string, number[]>;
}

export interface FunctionDefinition {
  readonly name: string;
  /** Other names under which the same function is called. */
  readonly aliases?: readonly string[];
  readonly group: FunctionGroup;
  readonly params: readonly Param[];
  /** Markdown, one paragraph or more; our own words. */
  readonly description: string;
  readonly examples?: readonly string[];
  /** Only the Go carbonapi has it. */
  readonly carbonapiOnly?: boolean;
  /** Further names that only the Go carbonapi has. */
  readonly carbonapiAliases?: readonly string[];
  /**
   * The window in which the first parameter, `seriesList`, is read instead of the window of the call,
   * where that follows from the other arguments alone; undefined means the call's own. It is fetched
   * in one round with everything else, and `evaluate` gets the series of that window.
   */
  fetchRange?(
    args: never,
    request: { readonly window: TimeWindow; readonly timeZone: string },
  ): TimeWindow | undefined;
  /**
   * Treats each series of `seriesList` by itself: a long list may come in several calls, so that
   * other requests get a turn in between.
   */
  readonly perSeries?: boolean;
  /** Hands on the points it is given without a look at them: the store may have consolidated them. */
  readonly keepsPoints?: boolean;
  /** With keepsPoints: by which function they are consolidated from here on. */
  consolidatesBy?(args: never): string;
  /** Leaves series out by their values, as all Filter Series functions do. */
  readonly dropsSeries?: boolean;
  /** With fetchRange: looks no further when there are no series in the call's own window. */
  readonly skipsWhenEmpty?: boolean;
  evaluate(args: never, context: EvaluationContext): Series[] | Promise<Series[]>;
}

/** Defines a function; a mistyped argument name in `evaluate` is a compile error. */
export function defineFunction<const P extends readonly Param[]>(
  definition: Omit<FunctionDefinition, 'params' | 'evaluate' | 'fetchRange' | 'consolidatesBy'> & {
    readonly params: P;
    consolidatesBy?(args: Arguments<P>): string;
    fetchRange?(
      args: Arguments<P>,
      request: { readonly window: TimeWindow; readonly timeZone: string },
    ): TimeWindow | undefined;
    evaluate(args: Arguments<P>, context: EvaluationContext): Series[] | Promise<Series[]>;
  },
): FunctionDefinition {
  return definition as FunctionDefinition;
}
