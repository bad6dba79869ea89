// What trees in browsers show: each name once, branches before leaves. An id keeps the globs of the
// query, so that opening a node goes on with them.
import { byLastNode, type FindFormat, lastNode } from './format.ts';

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

/** Names that programs quoted as in URLs are shown unquoted. */
function readable(name: string): string {
  if (!/[+%]/.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

export const treeJson: FindFormat = {
  names: ['treejson'],
  contentType: 'application/json',
  encode: ({ query, nodes, wildcards }) => {
    const base = query.slice(0, query.lastIndexOf('.') + 1);
    const branches = new Map<string, TreeNode>();
    const leaves = new Map<string, TreeNode>();
    for (const { path, isLeaf } of [...nodes].sort(byLastNode)) {
      const name = lastNode(path);
      (isLeaf ? leaves : branches).set(name, treeNode(readable(name), base + name, isLeaf));
    }
    for (const name of branches.keys()) leaves.delete(name);
    const all = [...branches.values(), ...leaves.values()];
    if (wildcards && nodes.length > 1) all.unshift(treeNode('*', `${base}*`, branches.size === 0));
    return JSON.stringify(all);
  },
};
