// The variables of an open dashboard: asks for their options and keeps what is chosen.
import { queryNames, render, type Span } from '../api.ts';
import { type BoundVariable, interpolate, type Scope } from '../model/interpolate.ts';
import type { Json } from '../model/json.ts';
import { asNumber } from '../model/json.ts';
import { formatInterval, intervalMs, type TimeRange } from '../model/time-range.ts';
import {
  bind,
  chooseValues,
  inOrder,
  type Option,
  parseCustom,
  parseVariableQuery,
  readVariables,
  toOptions,
  type Variable,
} from '../model/variables.ts';

export interface VariableState {
  variable: Variable;
  options: Option[];
  values: string[];
  /** Why there are no options. */
  problem: string;
}

const optionsMax = 5000;

function fixedOptions(variable: Variable, range: TimeRange): Option[] {
  if (variable.type === 'custom') return parseCustom(variable.query);
  if (variable.type === 'interval') {
    const steps = variable.query
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
    const auto = formatInterval(
      intervalMs(range, asNumber(variable.json['auto_count']) ?? 30, 10_000),
    );
    const all = steps.map((step) => ({ text: step, value: step }));
    return variable.json['auto'] === true ? [{ text: `auto (${auto})`, value: auto }, ...all] : all;
  }
  return [{ text: variable.query, value: variable.query }];
}

/** Names, or values, of the series an expression gives. */
async function renderedNames(variable: Variable, scope: Scope, span: Span): Promise<string[]> {
  const series = await render({
    ...span,
    targets: [interpolate(variable.query, scope)],
    maxDataPoints: 1000,
    dashboardUid: '',
    panelId: 0,
    signal: new AbortController().signal,
  });
  if (variable.queryKind === 'names') return series.map(({ name }) => name);
  return series.flatMap(({ values }) => values.filter((value) => value !== null).map(String));
}

async function optionsOf(variable: Variable, scope: Scope, range: TimeRange): Promise<Option[]> {
  if (variable.type !== 'query') return fixedOptions(variable, range);
  if (variable.query.trim() === '') return [];
  const span: Span = { fromMs: range.fromMs, toMs: range.toMs };
  const names =
    variable.queryKind === 'find'
      ? await queryNames(parseVariableQuery(variable.query, scope), span)
      : await renderedNames(variable, scope, span);
  return toOptions(names, interpolate(variable.regex, scope, 'regex'), variable.sort).slice(
    0,
    optionsMax,
  );
}

export const boundOf = ({ variable, options, values }: VariableState): BoundVariable =>
  bind(variable, options, values);

export function scopeOf(states: readonly VariableState[], dashboard: Json): Scope {
  return new Map<string, BoundVariable>([
    ['__dashboard', { value: String(dashboard['title'] ?? '') }],
    ...states.map((state) => [state.variable.name, boundOf(state)] as const),
  ]);
}

/**
 * Options and values of all variables, each after those it depends on. `wanted` are the values of
 * the address or of before; those no longer offered are replaced. A failed query leaves a problem.
 */
export async function loadVariables(
  dashboard: Json,
  range: TimeRange,
  wanted: ReadonlyMap<string, string[]>,
): Promise<VariableState[]> {
  const variables = readVariables(dashboard);
  const states: VariableState[] = [];
  for (const variable of inOrder(variables)) {
    const before = wanted.get(variable.name) ?? variable.current;
    let options: Option[] = [];
    let problem = '';
    try {
      options = await optionsOf(variable, scopeOf(states, dashboard), range);
      if (options.length === 0) problem = 'nothing found';
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    const isTyped = variable.type === 'textbox';
    const chosen =
      variable.type === 'constant'
        ? [variable.query]
        : chooseValues(
            variable,
            options,
            isTyped && before.length === 0 ? [variable.query] : before,
          );
    // A question that failed must not lose the choice.
    const values = problem !== '' && chosen.length === 0 ? before : chosen;
    states.push({ variable, options, values, problem });
  }
  return variables.flatMap(
    (one) => states.find(({ variable }) => variable.name === one.name) ?? [],
  );
}
