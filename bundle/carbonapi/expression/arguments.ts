// Fits the arguments of a call to the parameters of its function: names, counts, types. Series
// arguments stay expressions here; the evaluator fills them in.
import { OperatingError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest-name.ts';
import type { FunctionDefinition, Param, ParamType } from '../functions/define.ts';
import type { Series } from '../series.ts';
import type { Expression } from './ast.ts';
import { parseInterval } from './time-range.ts';

type Call = Extract<Expression, { kind: 'call' }>;
/** Nodes, tags or the like that one call may name: names made of thousands for each series take all memory. */
const valuesMax = 200;

type Literal = string | number | boolean | null;

export interface BoundArguments {
  /** Parameter name to value; series parameters are absent until evaluated. */
  values: Record<string, unknown>;
  /** Series parameters with the expressions given for them. */
  series: { param: string; expressions: Expression[] }[];
}

const isSeriesType = (type: ParamType): boolean => type === 'seriesList' || type === 'seriesLists';
const isSeriesExpression = (expression: Expression): boolean =>
  expression.kind === 'path' || expression.kind === 'call';

function describe(expression: Expression): string {
  switch (expression.kind) {
    case 'path':
      return `the metric path ${expression.text} (quote it if it is a text)`;
    case 'call':
      return `the call ${expression.text}`;
    case 'number':
      return `the number ${expression.text}`;
    case 'string':
      return `the text "${expression.value}"`;
    case 'boolean':
      return String(expression.value);
    case 'none':
      return 'none';
  }
}

const wanted: Record<ParamType, string> = {
  seriesList: 'a series list',
  seriesLists: 'series lists',
  string: 'a text in quotes',
  integer: 'an integer',
  float: 'a number',
  boolean: 'true or false',
  intOrInterval: 'a number of points or a time span like "5min"',
  intOrInf: 'an integer or inf',
  interval: 'a time span like "1h"',
  date: 'a date in quotes',
  node: 'a node number or a tag name',
  nodeOrTag: 'a node number or a tag name',
  aggFunc: 'the name of an aggregation function in quotes',
  aggOrSeriesFunc: 'the name of an aggregation or series function in quotes',
  tag: 'a tag name in quotes',
  any: 'a value',
};

function argumentError(call: Call, param: Param, expression: Expression): OperatingError {
  return new OperatingError(
    'bad-argument',
    `${call.name}: ${param.name} must be ${wanted[param.type]}, not ${describe(expression)}`,
  );
}

function numberOf(expression: Expression): number | undefined {
  if (expression.kind === 'number') return expression.value;
  // To Python true is a number as well.
  if (expression.kind === 'boolean') return Number(expression.value);
  if (expression.kind !== 'string' || expression.value.trim() === '') return undefined;
  const lower = expression.value.trim().toLowerCase();
  if (lower === 'inf' || lower === 'infinity') return Number.POSITIVE_INFINITY;
  const value = Number(lower);
  return Number.isNaN(value) ? undefined : value;
}

function textOf(expression: Expression): string | undefined {
  if (expression.kind === 'string') return expression.value;
  return expression.kind === 'number' ? expression.text : undefined;
}

/** Graphite takes whatever Python does: any number but 0 and any text mean true. */
function booleanOf(expression: Expression): boolean | undefined {
  if (expression.kind === 'boolean') return expression.value;
  if (expression.kind === 'number') return expression.value !== 0;
  const text = textOf(expression)?.toLowerCase();
  return text === undefined ? undefined : text !== '' && text !== 'false' && text !== '0';
}

function isInterval(text: string): boolean {
  try {
    parseInterval(text);
    return true;
  } catch {
    return false;
  }
}

function intervalOf(expression: Expression): string | undefined {
  const text = textOf(expression);
  return text !== undefined && isInterval(text) ? text : undefined;
}

function integerOf(expression: Expression): number | undefined {
  const value = numberOf(expression);
  return value !== undefined && Number.isInteger(value) ? value : undefined;
}

function literalOf(expression: Expression): Literal {
  if (expression.kind === 'none' || isSeriesExpression(expression)) return null;
  return (expression as Extract<Expression, { value: Literal }>).value;
}

function literalValue(type: ParamType, expression: Expression): Literal | undefined {
  switch (type) {
    case 'integer':
      return integerOf(expression);
    case 'float':
      return numberOf(expression);
    case 'boolean':
      return booleanOf(expression);
    // A limit that is no integer is compared with counts all the same.
    case 'intOrInf':
      return numberOf(expression);
    case 'intOrInterval': {
      const count = numberOf(expression);
      return intervalOf(expression) ?? (Number.isFinite(count) ? count : undefined);
    }
    case 'interval':
      return intervalOf(expression);
    case 'node':
      return integerOf(expression) ?? textOf(expression);
    case 'nodeOrTag':
      return expression.kind === 'string' ? expression.value : integerOf(expression);
    case 'any':
      return literalOf(expression);
    default:
      return textOf(expression);
  }
}

const percentile = /^p\d{1,3}(\.\d+)?$/;

function checkChoice(call: Call, param: Param, value: Literal): void {
  const isFunction = param.type === 'aggFunc' || param.type === 'aggOrSeriesFunc';
  const choices = param.options;
  if (choices === undefined || param.acceptsOther) return;
  const accepts = (candidate: string): boolean =>
    choices.some((choice) => String(choice) === candidate);
  const text = String(value);
  if (accepts(text)) return;
  if (isFunction && (accepts(text.replace(/Series$/, '')) || percentile.test(text))) return;
  throw new OperatingError(
    'bad-argument',
    `${call.name}: ${param.name} cannot be "${text}"${didYouMean(text, choices.map(String))}`,
  );
}

function convert(call: Call, param: Param, expression: Expression): Literal {
  // Graphite calls some numbers integers and takes fractions all the same.
  const type = param.type === 'integer' && param.acceptsOther ? 'float' : param.type;
  const value = isSeriesExpression(expression) ? undefined : literalValue(type, expression);
  if (value === undefined) throw argumentError(call, param, expression);
  checkChoice(call, param, value);
  return value;
}

/** Pairs every argument of `call` with its parameter, positional first, then by keyword. */
function assign(call: Call, params: readonly Param[]): Map<Param, Expression[]> {
  const given = new Map<Param, Expression[]>();
  const last = params[params.length - 1];
  call.args.forEach((expression, index) => {
    const param = params[index] ?? (last?.multiple ? last : undefined);
    if (param === undefined) {
      throw new OperatingError(
        'bad-argument',
        `${call.name} takes at most ${params.length} arguments, not ${call.args.length}`,
      );
    }
    const list = given.get(param);
    if (list === undefined) given.set(param, [expression]);
    else list.push(expression);
  });
  for (const { name, value } of call.kwargs) {
    const param = params.find((candidate) => candidate.name === name);
    if (param === undefined) {
      const hint = didYouMean(
        name,
        params.map((candidate) => candidate.name),
      );
      throw new OperatingError('bad-argument', `${call.name} has no parameter ${name}${hint}`);
    }
    if (given.has(param))
      throw new OperatingError('bad-argument', `${call.name}: ${name} is given twice`);
    given.set(param, [value]);
  }
  return given;
}

/** The expressions given for the parameter `name`; empty when it was left out. */
export function argumentExpressions(
  call: Call,
  params: readonly Param[],
  name: string,
): Expression[] {
  for (const [param, expressions] of assign(call, params)) {
    if (param.name === name) return expressions;
  }
  return [];
}

/**
 * The arguments of a call made by another function: series lists for the first parameters, defaults
 * for the rest. Throws an OperatingError (`bad-argument`) when that is not enough.
 */
export function bindSeries(
  definition: FunctionDefinition,
  lists: readonly (readonly Series[])[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  definition.params.forEach((param, index) => {
    const takesSeries = isSeriesType(param.type) || param.type === 'any';
    const list = param.multiple ? lists.slice(index).flat() : lists[index];
    if (takesSeries && list !== undefined && index < lists.length) values[param.name] = list;
    else if (param.required && param.assumed === undefined)
      throw new OperatingError(
        'bad-argument',
        `${definition.name} cannot be used here: it needs ${param.name}`,
      );
    else values[param.name] = param.multiple ? [] : (param.default ?? param.assumed);
  });
  return values;
}

/** Binds and checks the arguments of `call`. Throws an OperatingError (`bad-argument`). */
export function bindArguments(call: Call, definition: FunctionDefinition): BoundArguments {
  const given = assign(call, definition.params);
  const values: Record<string, unknown> = {};
  const series: BoundArguments['series'] = [];
  for (const param of definition.params) {
    const expressions = given.get(param)?.filter(({ kind }) => kind !== 'none') ?? [];
    const [first] = expressions;
    const [written] = given.get(param) ?? [];
    // None is no aggregation function, while elsewhere it means the default.
    if (written?.kind === 'none' && param.type === 'aggFunc')
      throw argumentError(call, param, written);
    if (first === undefined) {
      const isList = param.multiple && isSeriesType(param.type);
      if (param.required && param.assumed === undefined && !isList)
        throw new OperatingError('bad-argument', `${call.name}: ${param.name} is required`);
      if (param.multiple || isSeriesType(param.type)) {
        values[param.name] = param.multiple ? [] : undefined;
      } else values[param.name] = param.default ?? param.assumed;
    } else if (isSeriesType(param.type)) {
      const wrong = expressions.find((expression) => !isSeriesExpression(expression));
      if (wrong !== undefined) throw argumentError(call, param, wrong);
      series.push({ param: param.name, expressions });
    } else if (param.type === 'any' && isSeriesExpression(first)) {
      series.push({ param: param.name, expressions });
    } else if (param.multiple) {
      if (expressions.length > valuesMax)
        throw new OperatingError(
          'bad-argument',
          `${call.name}: ${param.name} may be given ${valuesMax} times, not ${expressions.length}`,
        );
      values[param.name] = expressions.map((expression) => convert(call, param, expression));
    } else values[param.name] = convert(call, param, first);
  }
  return { values, series };
}
