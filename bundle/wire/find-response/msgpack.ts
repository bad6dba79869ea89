// /metrics/find as graphite-web's msgpack: an array of maps path, is_leaf, intervals.
import { OperatingError } from '../../core/errors.ts';
import type { GlobMatch } from '../carbonapi-v3.ts';
import { decodeMsgpack, MsgpackWriter } from '../msgpack.ts';
import type { FindResponseFormat } from './format.ts';

/** As in pickle.ts. */
const intervalEnd = 2 ** 31 - 1;

const bad = (what: string): OperatingError =>
  new OperatingError('bad-find-response', `the msgpack answer is not one of find: ${what}`);

export const findResponseMsgpack: FindResponseFormat = {
  names: ['msgpack'],
  contentType: 'application/x-msgpack',
  isMulti: false,
  allowsEmpty: true,
  encode([glob = { name: '', matches: [] }]) {
    const writer = new MsgpackWriter(64 + glob.matches.length * 80);
    writer.array(glob.matches.length);
    for (const { path, isLeaf } of glob.matches) {
      writer.map(3);
      writer.string('path');
      writer.string(path);
      writer.string('is_leaf');
      writer.bool(isLeaf);
      writer.string('intervals');
      writer.array(isLeaf ? 1 : 0);
      if (isLeaf) {
        writer.array(2);
        writer.int(0);
        writer.int(intervalEnd);
      }
    }
    return writer.finish();
  },
  decode(bytes) {
    const list = decodeMsgpack(bytes);
    if (!Array.isArray(list)) throw bad('it is not an array');
    const matches = list.map((node): GlobMatch => {
      if (!(node instanceof Map)) throw bad('a node is not a map');
      const path = node.get('path');
      if (typeof path !== 'string') throw bad('a node has no path');
      return { path, isLeaf: node.get('is_leaf') === true };
    });
    return [{ name: '', matches }];
  },
};
