// Series names: nodes, tags and path expressions in them, and the shape of names that functions give.
import type { Expression } from '../expression/ast.ts';
import { parseTarget } from '../expression/parser.ts';
import type { Series } from '../series.ts';

/**
 * The first metric path inside the calls of `name`; undefined when there is a literal in its place.
 * Of what is no expression it is the beginning, up to the first character no path has.
 */
function firstPathExpression(name: string): string | undefined {
  let node: Expression | undefined;
  try {
    node = parseTarget(name);
  } catch {
    return /^(?:\\.|\{[^{}]*\}|[^\s(){},'"\\|])+/.exec(name)?.[0];
  }
  while (node?.kind === 'call') node = node.args[0];
  return node?.kind === 'path' ? node.text : undefined;
}

function nodeOf(path: string, index: number): string | undefined {
  return path.split(';', 1)[0]?.split('.').at(index);
}

function nodeOrTag(series: Series, path: string, node: number | string): string {
  const found = typeof node === 'number' ? nodeOf(path, node) : undefined;
  return found ?? series.tags[String(node)] ?? '';
}

/**
 * The nodes and tags of `series` joined by dots: what aliasByNode shows and groupByNodes groups by.
 * Of a function's result it takes the first path inside.
 */
export function nodesKey(series: Series, nodes: readonly (number | string)[]): string {
  const path = series.name.endsWith(')') ? firstPathExpression(series.name) : undefined;
  return nodes.map((node) => nodeOrTag(series, path ?? series.name, node)).join('.');
}

/** Groups `list` by a key, keeping the order in which keys appear. */
export function groupBy(
  list: readonly Series[],
  keyOf: (series: Series) => string,
): Map<string, Series[]> {
  const groups = new Map<string, Series[]>();
  for (const series of list) {
    const key = keyOf(series);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [series]);
    else group.push(series);
  }
  return groups;
}

/** The distinct path expressions of `list`, comma separated, as combining functions are named. */
export function pathExpressionsOf(list: readonly Series[]): string {
  return [...new Set(list.map(({ pathExpression }) => pathExpression))].join(',');
}

/** Tags of a metric name, `disk.used;rack=a1`; of any other text just its name. */
export function tagsOfName(name: string): Record<string, string> {
  if (/^[a-z]+[(].+[)]$/i.test(name)) return { name };
  const [path = '', ...segments] = name.split(';');
  const tags: Record<string, string> = {};
  for (const segment of segments) {
    const equals = segment.indexOf('=');
    if (equals < 1 || equals === segment.length - 1) return { name };
    tags[segment.slice(0, equals)] = segment.slice(equals + 1);
  }
  const metric = path.replace(/^~+/, '');
  return metric === '' ? { name } : { ...tags, name: metric };
}

/** The tags that all of `list` share. */
export function commonTags(list: readonly Series[]): Record<string, string> {
  const common: Record<string, string> = { ...list[0]?.tags };
  for (const { tags } of list) {
    for (const tag of Object.keys(common)) if (tags[tag] !== common[tag]) delete common[tag];
  }
  return common;
}

/**
 * Nodes `start` to `stop` (0: to the end) of the innermost path in `name`, without further
 * arguments: substr and aliasByMetric.
 */
export function nodeRange(name: string, start: number, stop: number): string {
  const left = name.lastIndexOf('(') + 1;
  const right = name.indexOf(')');
  const inner = name.slice(left, right < 0 ? undefined : right);
  const nodes = inner.split('.').slice(start, stop === 0 ? undefined : stop);
  return nodes.join('.').replace(/,.*$/s, '');
}
