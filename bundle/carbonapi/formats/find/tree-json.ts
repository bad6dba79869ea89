// What trees in browsers show: each name once, branches before leaves. An id keeps the globs of the
// query, so that opening a node goes on with them.
import { type FindFormat, lastNode } from './format.ts';

interface TreeNode {
  text: string;
  id: string;
  allowChildren: 0 | 1;
  expandable: 0 | 1;
  leaf: 0 | 1;
  context: Record<string, never>;
}

function treeNode(text: string, id: string, isLeaf: boolean): TreeNode {
  const branch = isLeaf ? 0 : 1;
  return { text, id, allowChildren: branch, expandable: branch, leaf: isLeaf ? 1 : 0, context: {} };
}

export const treeJson: FindFormat = {
  names: ['treejson'],
  contentType: 'application/json',
  encode: ({ query, nodes, wildcards }) => {
    const base = query.slice(0, query.lastIndexOf('.') + 1);
    const branches = new Map<string, TreeNode>();
    const leaves = new Map<string, TreeNode>();
    for (const { path, isLeaf } of nodes) {
      const text = lastNode(path);
      (isLeaf ? leaves : branches).set(text, treeNode(text, base + text, isLeaf));
    }
    for (const name of branches.keys()) leaves.delete(name);
    const all = [...branches.values(), ...leaves.values()];
    if (wildcards && all.length > 1) {
      const star = treeNode('*', `${base}*`, branches.size === 0);
      all.unshift({ ...star, leaf: 0 });
    }
    return JSON.stringify(all);
  },
};
