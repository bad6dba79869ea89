// Which paths an expression reads, and for which windows, before anything is evaluated.
import type { FunctionDefinition } from '../functions/define.ts';
import { functionNamed } from '../functions/index.ts';
import { taggedPathPrefix } from '../planner.ts';
import type { TimeWindow } from '../series.ts';
import { bindArguments } from './arguments.ts';
import type { Expression } from './ast.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** What a function that reads another window may know of the call. */
export interface RangeRequest {
  window: TimeWindow;
  timeZone: string;
}

/** Paths by window; windows that are equal share an entry. */
export type PathsByWindow = Map<string, { window: TimeWindow; paths: Set<string> }>;

export const isSeriesByTag = (call: Call): boolean => call.name === 'seriesByTag';

/** The fetch path of a seriesByTag call: as written, which is also how it is named later. */
export const taggedPathOf = (call: Call): string =>
  call.text.startsWith(taggedPathPrefix)
    ? call.text
    : `${taggedPathPrefix}${call.text.slice(call.text.indexOf('(') + 1)}`;

/** The window that `definition` reads its seriesList in, or undefined for that of the call. */
export function rangeOf(
  definition: FunctionDefinition,
  values: Record<string, unknown>,
  request: RangeRequest,
): TimeWindow | undefined {
  return definition.fetchRange?.(values as never, request);
}

function rangeOfCall(call: Call, request: RangeRequest): TimeWindow | undefined {
  const definition = functionNamed(call.name);
  if (definition?.fetchRange === undefined) return undefined;
  try {
    return rangeOf(definition, bindArguments(call, definition).values, request);
  } catch {
    // Wrong arguments are reported when the call is evaluated.
    return undefined;
  }
}

function addPath(path: string, window: TimeWindow, into: PathsByWindow): void {
  const key = `${window.start}-${window.end}`;
  const known = into.get(key);
  if (known === undefined) into.set(key, { window, paths: new Set([path]) });
  else known.paths.add(path);
}

/** Adds every path that `node` reads to `into`. */
export function collectPaths(node: Expression, request: RangeRequest, into: PathsByWindow): void {
  if (node.kind === 'path') addPath(node.text, request.window, into);
  if (node.kind !== 'call') return;
  if (isSeriesByTag(node)) {
    addPath(taggedPathOf(node), request.window, into);
    return;
  }
  const window = rangeOfCall(node, request);
  node.args.forEach((argument, index) => {
    // seriesList is the first parameter of every function that reads another window.
    const inner = index === 0 && window !== undefined ? { ...request, window } : request;
    collectPaths(argument, inner, into);
    if (inner !== request && readsOwnWindow(node, argument)) collectPaths(argument, request, into);
  });
  for (const { value } of node.kwargs) collectPaths(value, request, into);
}

/** Whether a call that reads another window must look into its own first. */
export function readsOwnWindow(call: Call, argument: Expression): boolean {
  return functionNamed(call.name)?.skipsWhenEmpty === true && mayBeEmpty(argument);
}

// Whether there are series depends on their values when a function inside drops some.
function mayBeEmpty(node: Expression): boolean {
  if (node.kind !== 'call') return false;
  const definition = functionNamed(node.name);
  if (definition?.dropsSeries || definition?.group === 'Filter Series') return true;
  return node.args.some(mayBeEmpty) || node.kwargs.some(({ value }) => mayBeEmpty(value));
}
