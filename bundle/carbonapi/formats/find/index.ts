// Every find format that ships.
import { exchangeFindFormats } from './exchange.ts';
import type { FindFormat } from './format.ts';
import { completer, nodeJson, nodeList, rawFind } from './lists.ts';
import { treeJson } from './tree-json.ts';

export const findFormats: readonly FindFormat[] = [
  treeJson,
  nodeJson,
  nodeList,
  completer,
  rawFind,
  ...exchangeFindFormats,
];

/** The format a request names, or undefined. */
export function findFormatNamed(name: string): FindFormat | undefined {
  return findFormats.find(({ names }) => names.includes(name));
}
