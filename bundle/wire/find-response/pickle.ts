// /metrics/find as graphite-web's pickle: a list of dicts path, is_leaf, intervals, where intervals
// is a list of (start, end) in unix seconds. The older metric_path and isLeaf are read as well. In what
// graphite-web itself sends, intervals are objects of two classes of its own; no others are read.
import { OperatingError } from '../../core/errors.ts';
import type { GlobMatch } from '../carbonapi-v3.ts';
import { decodePickle, defaultPickleLimits, PickleWriter } from '../pickle.ts';
import type { FindResponseFormat } from './format.ts';

/** graphite-web drops nodes whose intervals do not meet the request's: ours are there for ever. */
const intervalEnd = 2 ** 31 - 1;

const intervalClasses = new Set(['graphite.intervals.IntervalSet', 'graphite.intervals.Interval']);

const bad = (what: string): OperatingError =>
  new OperatingError('bad-find-response', `the pickled answer is not one of find: ${what}`);

export const findResponsePickle: FindResponseFormat = {
  names: ['pickle'],
  contentType: 'application/pickle',
  isMulti: false,
  allowsEmpty: true,
  encode([glob = { name: '', matches: [] }]) {
    const writer = new PickleWriter(64 + glob.matches.length * 96);
    writer.begin();
    writer.list();
    writer.openItems();
    for (const { path, isLeaf } of glob.matches) {
      writer.dict();
      writer.openItems();
      writer.string('path');
      writer.string(path);
      writer.string('is_leaf');
      writer.bool(isLeaf);
      writer.string('intervals');
      writer.list();
      writer.openItems();
      if (isLeaf) {
        writer.int(0);
        writer.int(intervalEnd);
        writer.pair();
      }
      writer.closeItems();
      writer.closePairs();
    }
    writer.closeItems();
    writer.end();
    return writer.finish();
  },
  decode(bytes) {
    const list = decodePickle(bytes, defaultPickleLimits, intervalClasses);
    if (!Array.isArray(list)) throw bad('it is not a list');
    const matches = list.map((node): GlobMatch => {
      if (!(node instanceof Map)) throw bad('a node is not a dict');
      const path = node.get('path') ?? node.get('metric_path');
      if (typeof path !== 'string') throw bad('a node has no path');
      const isLeaf = node.get('is_leaf') ?? node.get('isLeaf');
      return { path, isLeaf: isLeaf === true || isLeaf === 1 };
    });
    return [{ name: '', matches }];
  },
};
