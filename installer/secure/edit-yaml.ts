// Sets single keys of a YAML file and leaves the rest, comments included, as it is.
import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { mergeThreeWay } from '../three-way-merge.ts';

const format = { lineWidth: 0 };

export type YamlPath = readonly (string | number)[];

export interface YamlEditor {
  /** The value at a path as plain data; undefined when it is not there. */
  get(path: YamlPath): unknown;
  /** Sets a value; sections that are missing on the way are made. */
  set(path: YamlPath, value: unknown): void;
  /** Number of entries of the list at `path`; 0 when there is none. */
  lengthOf(path: YamlPath): number;
  toString(): string;
}

function parse(text: string, file: string): Document.Parsed {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return document;
  throw new OperatingError('bad-config', `${file}: ${error.message.split('\n')[0]}`, {
    exitCode: exitCodes.config,
    cause: error,
  });
}

/** Opens the text of `file`; throws an OperatingError, `bad-config`, when it is not YAML. */
export function editYaml(text: string, file: string): YamlEditor {
  const document = parse(text, file);
  const written = document.toString(format);
  const get = (path: YamlPath): unknown => {
    const value = document.getIn(path, true) as { toJSON?(): unknown } | undefined;
    return value?.toJSON?.() ?? value;
  };
  return {
    get,
    set: (path, value) => {
      // A section that is written without a value is null, which takes no keys.
      for (let depth = 0; depth < path.length; depth++) {
        const section = path.slice(0, depth);
        const there = depth === 0 ? document.contents : document.getIn(section, true);
        if (isMap(there) || isSeq(there)) continue;
        const made = document.createNode({});
        if (depth === 0) document.contents = made as never;
        else document.setIn(section, made);
      }
      const old = document.getIn(path, true);
      const next = document.createNode(value);
      // In its place, so that the comment behind it stays.
      if (isScalar(old) && isScalar(next)) old.value = next.value;
      else document.setIn(path, next);
    },
    lengthOf: (path) => {
      const list = document.getIn(path, true);
      return isSeq(list) ? list.items.length : 0;
    },
    toString: () => {
      const edited = document.toString(format);
      // The package writes a file in its own style; taken over are only the lines that an edit changed.
      const { text: merged, conflicts } = mergeThreeWay(written, text, edited);
      const isSame = (): boolean =>
        isDeepStrictEqual(parseDocument(merged).toJS(), document.toJS());
      return conflicts === 0 && isSame() ? merged : edited;
    },
  };
}
