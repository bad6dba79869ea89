// Template variables: their definitions, the options they offer and the value chosen of them.
import { regexOf } from './field.ts';
import { type BoundVariable, interpolate, type Scope, variablesIn } from './interpolate.ts';
import { asList, asRecord, asRecords, asText, asTexts, at, type Json, own } from './json.ts';

export const allValue = '$__all';

export interface Option {
  text: string;
  value: string;
}

export interface Variable {
  name: string;
  label: string;
  type: string;
  /** 0 shown, 1 without label, 2 not at all. */
  hide: number;
  query: string;
  /** What is asked: names below a path, or names or values of rendered series. */
  queryKind: 'find' | 'names' | 'values';
  regex: string;
  sort: number;
  isMulti: boolean;
  hasAll: boolean;
  /** What All stands for in queries, in place of a list of everything. */
  allValue: string;
  /** 1 on load, 2 when the time range changes. */
  refresh: number;
  current: string[];
  json: Json;
}

const queryKinds: Record<string, Variable['queryKind']> = {
  'Metric Name': 'names',
  Value: 'values',
};

const knownTypes = ['query', 'custom', 'constant', 'interval', 'textbox', 'datasource'];

export function readVariables(dashboard: Json): Variable[] {
  return asRecords(at(dashboard, 'templating', 'list'))
    .filter((json) => knownTypes.includes(asText(json['type'], 'query')))
    .map((json) => {
      const query = json['query'];
      return {
        name: asText(json['name']),
        label: asText(json['label']) || asText(json['name']),
        type: asText(json['type'], 'query'),
        hide: typeof json['hide'] === 'number' ? json['hide'] : 0,
        query: asText(typeof query === 'object' ? at(query, 'query') : query),
        queryKind: own(queryKinds, asText(at(query, 'queryType'))) ?? 'find',
        regex: asText(json['regex']),
        sort: typeof json['sort'] === 'number' ? json['sort'] : 0,
        isMulti: json['multi'] === true,
        hasAll: json['includeAll'] === true,
        allValue: asText(json['allValue']),
        refresh: typeof json['refresh'] === 'number' ? json['refresh'] : 0,
        current: asTexts(asRecord(json['current'])['value']),
        json,
      };
    })
    .filter(({ name }) => /^\w+$/.test(name));
}

/** Variables in an order in which each comes after those its query names. */
export function inOrder(variables: readonly Variable[]): Variable[] {
  const ordered: Variable[] = [];
  const seen = new Set<string>();
  const visit = (variable: Variable): void => {
    if (seen.has(variable.name)) return;
    seen.add(variable.name);
    for (const name of variablesIn(`${variable.query} ${variable.regex}`)) {
      const other = variables.find((one) => one.name === name);
      if (other !== undefined) visit(other);
    }
    ordered.push(variable);
  };
  variables.forEach(visit);
  return ordered;
}

/** `a, b, text : value` with `\,` for a comma inside. */
export function parseCustom(query: string): Option[] {
  return query
    .split(/(?<!\\),/)
    .map((part) => part.replaceAll('\\,', ',').trim())
    .filter((part) => part !== '')
    .map((part) => {
      const pair = /^(.*\S)\s+:\s+(\S.*)$/.exec(part);
      return pair === null
        ? { text: part, value: part }
        : { text: pair[1] as string, value: pair[2] as string };
    });
}

const naturally = new Intl.Collator('en', { numeric: true });

const comparers: Record<number, (a: string, b: string) => number> = {
  1: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
  3: naturally.compare,
  5: (a, b) => a.toLowerCase().localeCompare(b.toLowerCase()),
  7: naturally.compare,
};

/**
 * What a query found, as options: filtered and cut by `regex` (its first group, or the groups
 * named text and value), each once, in the order `sort` asks for.
 */
export function toOptions(names: readonly string[], regex: string, sort: number): Option[] {
  const pattern = regex === '' ? undefined : (regexOf(regex) ?? regexOf(`/${regex}/`));
  const options = new Map<string, Option>();
  for (const name of names) {
    if (pattern === undefined) {
      options.set(name, { text: name, value: name });
      continue;
    }
    pattern.lastIndex = 0;
    const match = pattern.exec(name);
    if (match === null) continue;
    const value = match.groups?.['value'] ?? match.groups?.['text'] ?? match[1] ?? match[0];
    if (!options.has(value)) options.set(value, { text: match.groups?.['text'] ?? value, value });
  }
  const list = [...options.values()];
  const compare = comparers[sort % 2 === 0 ? sort - 1 : sort];
  if (compare !== undefined) list.sort((a, b) => compare(a.text, b.text));
  return sort > 0 && sort % 2 === 0 ? list.reverse() : list;
}

/** The chosen values that are still offered; else All or the first option. */
export function chooseValues(variable: Variable, options: Option[], wanted: string[]): string[] {
  if (variable.type === 'textbox' || variable.type === 'constant') return wanted.slice(0, 1);
  if (wanted.includes(allValue) && variable.hasAll) return [allValue];
  const offered = new Set(options.map(({ value }) => value));
  // "All" was written as text by old dashboards.
  if (variable.hasAll && wanted.length === 1 && wanted[0] === 'All' && !offered.has('All'))
    return [allValue];
  const kept = wanted.filter((value) => offered.has(value));
  if (kept.length > 0) return variable.isMulti ? kept : kept.slice(0, 1);
  if (variable.hasAll) return [allValue];
  return options.slice(0, 1).map(({ value }) => value);
}

/** What the variable stands for in text. */
export function bind(variable: Variable, options: Option[], values: string[]): BoundVariable {
  if (values.includes(allValue)) {
    if (variable.allValue !== '') return { value: variable.allValue, text: 'All' };
    return { value: options.map(({ value }) => value), text: 'All' };
  }
  const texts = values.map((one) => options.find(({ value }) => value === one)?.text ?? one);
  const text = texts.join(' + ');
  return { value: values.length === 1 ? (values[0] as string) : values, text };
}

export type VariableQuery =
  | { kind: 'find'; query: string }
  | { kind: 'expand'; query: string }
  | { kind: 'tags'; expressions: string[]; prefix: string }
  | { kind: 'tagValues'; tag: string; expressions: string[]; prefix: string };

/** Reads the query language of Grafana's Graphite variables. */
export function parseVariableQuery(text: string, scope: Scope): VariableQuery {
  const query = interpolate(text.trim(), scope);
  const call = /^(expand|tags|tag_values)\((.*)\)$/s.exec(query);
  if (call === null) return { kind: 'find', query };
  const inner = call[2] as string;
  if (call[1] === 'expand') return { kind: 'expand', query: inner.trim() };
  const parts = asList(inner.match(/(?:[^,'"]|'[^']*'|"[^"]*")+/g)).map((part) =>
    asText(part)
      .trim()
      .replace(/^(['"])(.*)\1$/s, '$2'),
  );
  const isExpression = (part: string): boolean => /!?=/.test(part);
  const prefix = parts.slice(call[1] === 'tags' ? 0 : 1).find((part) => !isExpression(part)) ?? '';
  const expressions = parts.filter(isExpression);
  if (call[1] === 'tags') return { kind: 'tags', expressions, prefix };
  return { kind: 'tagValues', tag: parts[0] ?? '', expressions, prefix };
}
