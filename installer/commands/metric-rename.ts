// How `dkmadmin metric mv` makes new names: the nodes of the old pattern that have wildcards are
// put, in order, where the new name has a node that is `*`.
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { metricNameProblem } from '../../bundle/whisper/index.ts';

const usage = (message: string): OperatingError =>
  new OperatingError('usage', message, { exitCode: exitCodes.usage });

const isWild = (node: string): boolean => /[*?[{]/.test(node);

/** The new name of a path that matches `from`; throws a usage error when `from` and `to` do not fit. */
export function renamer(from: string, to: string): (path: string) => string {
  const oldNodes = from.split('.');
  const newNodes = to.split('.');
  if (oldNodes.includes('**') || newNodes.includes('**'))
    throw usage('a move cannot have **: name the branch, and all below it moves along');
  if (/\{[^}]*\./.test(from)) throw usage('a move cannot have dots in braces');
  const wild = oldNodes.flatMap((node, i) => (isWild(node) ? [i] : []));
  const stars = newNodes.flatMap((node, i) => (node === '*' ? [i] : []));
  const odd = newNodes.find((node) => node !== '*' && isWild(node));
  if (odd !== undefined) throw usage(`the new name can have * as a whole node, not ${odd}`);
  if (stars.length !== wild.length && stars.length > 0)
    throw usage(
      `${JSON.stringify(from)} has ${wild.length} nodes with wildcards, ${JSON.stringify(to)} has ${stars.length}`,
    );
  return (path) => {
    const nodes = path.split('.');
    const name = [...newNodes];
    for (const [i, at] of stars.entries()) name[at] = nodes[wild[i]!]!;
    const renamed = [...name, ...nodes.slice(oldNodes.length)].join('.');
    const problem = metricNameProblem(renamed);
    if (problem !== undefined)
      throw usage(`${JSON.stringify(renamed)} cannot be a name: ${problem}`);
    return renamed;
  };
}
