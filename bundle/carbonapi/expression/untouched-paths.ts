// Paths whose points nobody looks at before the answer is consolidated: a store may do that then.
import { functionNamed } from '../functions/index.ts';
import { bindArguments } from './arguments.ts';
import type { Expression } from './ast.ts';
import { isSeriesByTag } from './paths.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/**
 * For each path in `expressions` the function that its points are consolidated by, empty for the one that
 * they are stored with. Undefined when a function looks at points, or a path has two of them.
 */
export function untouchedPaths(
  expressions: readonly Expression[],
): ReadonlyMap<string, string> | undefined {
  const paths = new Map<string, string>();
  return expressions.every((each) => isUntouched(each, '', paths)) ? paths : undefined;
}

function isUntouched(node: Expression, by: string, paths: Map<string, string>): boolean {
  if (node.kind === 'path') {
    const known = paths.get(node.text) ?? by;
    paths.set(node.text, by);
    return known === by && (by === '' || !node.text.includes(';'));
  }
  if (node.kind !== 'call') return true;
  // What tags match is fetched by name, once for all: no function can be said of it.
  if (isSeriesByTag(node)) return by === '';
  const inner = consolidationBelow(node, by);
  if (inner === undefined) return false;
  return (
    node.args.every((argument) => isUntouched(argument, inner, paths)) &&
    node.kwargs.every(({ value }) => isUntouched(value, inner, paths))
  );
}

/** What the points inside `call` are consolidated by, when its own are by `by`: the outermost counts. */
function consolidationBelow(call: Call, by: string): string | undefined {
  const definition = functionNamed(call.name);
  if (definition?.keepsPoints !== true) return undefined;
  if (by !== '' || definition.consolidatesBy === undefined) return by;
  try {
    return definition.consolidatesBy(bindArguments(call, definition).values as never);
  } catch {
    // Wrong arguments are reported when the call is evaluated.
    return undefined;
  }
}
