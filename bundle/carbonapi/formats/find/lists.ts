// Plain lists of nodes: for programs (json, nodelist) and for completing what somebody types.
import { OperatingError } from '../../../core/errors.ts';
import { byLastNode, type FindFormat, lastNode } from './format.ts';

export const nodeJson: FindFormat = {
  names: ['json'],
  contentType: 'application/json',
  encode: ({ nodes }) =>
    JSON.stringify(nodes.map(({ path, isLeaf }) => ({ path, is_leaf: isLeaf, intervals: [] }))),
};

function nodeAt(path: string, position: number): string {
  const node = path.split('.').at(position);
  if (node !== undefined) return node;
  throw new OperatingError('bad-argument', `${path} has no node at position ${position}`);
}

export const nodeList: FindFormat = {
  names: ['nodelist'],
  contentType: 'application/json',
  encode: ({ nodes, position }) => {
    const names = new Set(nodes.map(({ path }) => nodeAt(path, position)));
    return JSON.stringify({ nodes: [...names].sort() });
  },
};

export const completer: FindFormat = {
  names: ['completer'],
  contentType: 'application/json',
  queryFor: (query, { variants }) => {
    const open = query.replaceAll('..', '*.');
    const whole = open.endsWith('*') ? open : `${open}*`;
    if (!variants) return whole;
    const nodes = whole.split('.');
    return nodes.map((node) => (/^[^{]*,[^{]*$/.test(node) ? `{${node}}` : node)).join('.');
  },
  encode: ({ nodes, wildcards }) => {
    const metrics: Record<string, string>[] = [...nodes]
      .sort(byLastNode)
      .map(({ path, isLeaf }) => ({
        path: isLeaf ? path : `${path}.`,
        name: lastNode(path),
        is_leaf: isLeaf ? '1' : '0',
      }));
    if (wildcards && metrics.length > 1) metrics.push({ name: '*' });
    return JSON.stringify({ metrics });
  },
};

export const rawFind: FindFormat = {
  names: ['raw'],
  contentType: 'text/plain; charset=utf-8',
  encode: ({ nodes }) => nodes.map(({ path, isLeaf }) => `${path}${isLeaf ? '' : '.'}\n`).join(''),
};
