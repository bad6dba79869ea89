// Which file holds which metric: Graphite's own mapping, and the names that may not have a file.
import { createHash } from 'node:crypto';
import { OperatingError } from '../core/errors.ts';

/** What ext4, XFS and most others allow for one name, in bytes. */
const nodeBytesMax = 255;
/** Linux's limit for a path is 4096 with everything before ours. */
const pathBytesMax = 3500;
const suffix = '.wsp';
const taggedRoot = '_tagged';

function nodeProblem(node: string, bytesMax: number): string | undefined {
  if (node === '') return 'it has an empty node';
  // A UTF-16 unit is at most three bytes: short nodes need no counting.
  if (node.length * 3 > bytesMax && Buffer.byteLength(node) > bytesMax) {
    return `a node is longer than ${bytesMax} bytes`;
  }
  return undefined;
}

const startsReserved = (metric: string): boolean => metric.startsWith(taggedRoot);

const hasEmptyNode = (metric: string): boolean =>
  metric === '' || metric.startsWith('.') || metric.endsWith('.') || metric.includes('..');

/** Why `metric` cannot have a file, or undefined when it can. */
export function metricNameProblem(metric: string): string | undefined {
  if (metric.includes('\0')) return 'it has a NUL character';
  if (metric.includes(';')) return metric.startsWith(';') ? 'it has tags but no name' : undefined;
  if (metric.includes('/')) return 'it has a slash';
  if (metric.length * 3 > pathBytesMax && Buffer.byteLength(metric) > pathBytesMax) {
    return `it is longer than ${pathBytesMax} bytes`;
  }
  // Most names are short enough for any node of theirs, and need not be taken apart.
  const isShort = metric.length * 3 <= nodeBytesMax - suffix.length;
  if (isShort && !startsReserved(metric) && !hasEmptyNode(metric)) return undefined;
  const nodes = metric.split('.');
  if (nodes[0] === taggedRoot) return `${taggedRoot} is where tagged series are kept`;
  for (let i = 0; i < nodes.length; i++) {
    const last = i === nodes.length - 1;
    const problem = nodeProblem(nodes[i]!, last ? nodeBytesMax - suffix.length : nodeBytesMax);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * The file of a metric, relative to the whisper directory: `a.b.c` is `a/b/c.wsp`. A tagged one
 * (normalised: tags sorted) is `_tagged/abc/def/<sha256>.wsp`, or with `hashTagged: false` ends in
 * its name with `_DOT_` for dots. Throws `bad-metric-name`.
 */
export function metricToPath(metric: string, options: { hashTagged?: boolean } = {}): string {
  const problem = metricNameProblem(metric);
  if (problem !== undefined) return refuse(metric, problem);
  if (!metric.includes(';')) return metric.replaceAll('.', '/') + suffix;
  const hash = createHash('sha256').update(metric).digest('hex');
  const directory = `${taggedRoot}/${hash.slice(0, 3)}/${hash.slice(3, 6)}/`;
  if (options.hashTagged ?? true) return directory + hash + suffix;
  if (metric.includes('/')) return refuse(metric, 'it has a slash');
  const node = metric.replaceAll('.', '_DOT_');
  const tooLong = nodeProblem(node, nodeBytesMax - suffix.length);
  return tooLong === undefined ? directory + node + suffix : refuse(metric, tooLong);
}

function refuse(metric: string, problem: string): never {
  const shown = metric.length > 200 ? `${metric.slice(0, 200)}…` : metric;
  throw new OperatingError(
    'bad-metric-name',
    `the metric ${JSON.stringify(shown)} cannot be stored: ${problem}`,
  );
}

/**
 * The metric of a file, given relative to the whisper directory; undefined when it is not a
 * metric's file or the name is only there as a hash.
 */
export function pathToMetric(path: string): string | undefined {
  if (!path.endsWith(suffix)) return undefined;
  const bare = path.slice(0, -suffix.length);
  if (!bare.startsWith(`${taggedRoot}/`)) {
    return bare.includes('.') ? undefined : bare.replaceAll('/', '.');
  }
  const node = bare.split('/')[3];
  if (node === undefined || !node.includes(';')) return undefined;
  return node.replaceAll('_DOT_', '.');
}
