// Plain lists of nodes: for programs (json, nodelist) and for completing what somebody types.
import { type FindFormat, lastNode } from './format.ts';

export const nodeJson: FindFormat = {
  names: ['json'],
  contentType: 'application/json',
  encode: ({ nodes }) =>
    JSON.stringify(nodes.map(({ path, isLeaf }) => ({ path, is_leaf: isLeaf, intervals: [] }))),
};

export const nodeList: FindFormat = {
  names: ['nodelist'],
  contentType: 'application/json',
  encode: ({ nodes }) =>
    JSON.stringify({ nodes: [...new Set(nodes.map(({ path }) => lastNode(path)))] }),
};

export const completer: FindFormat = {
  names: ['completer'],
  contentType: 'application/json',
  queryFor: (query) => {
    const open = query.replaceAll('..', '*.');
    return open.endsWith('*') ? open : `${open}*`;
  },
  encode: ({ nodes, wildcards }) => {
    const metrics: Record<string, string>[] = nodes.map(({ path, isLeaf }) => ({
      path: isLeaf ? path : `${path}.`,
      name: lastNode(path),
      is_leaf: isLeaf ? '1' : '0',
    }));
    if (wildcards && metrics.length > 1) metrics.unshift({ name: '*' });
    return JSON.stringify({ metrics });
  },
};

export const rawFind: FindFormat = {
  names: ['raw'],
  contentType: 'text/plain; charset=utf-8',
  encode: ({ nodes }) => nodes.map(({ path, isLeaf }) => `${path}${isLeaf ? '' : '.'}\n`).join(''),
};
