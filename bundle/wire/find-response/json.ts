// /metrics/find as JSON, carbonserver's own: {"metrics":[{"name":query,"matches":[{"path":…,
// "isLeaf":true}]}]}; empty and false fields are left out.
import type { GlobResponse } from '../carbonapi-v3.ts';
import { arrayIn, objectOf, parseJsonObject, stringIn } from '../json-value.ts';
import type { FindResponseFormat } from './format.ts';

const encodeGlob = ({ name, matches }: GlobResponse): string =>
  `{"name":${JSON.stringify(name)},"matches":[${matches
    .map(({ path, isLeaf }) => `{"path":${JSON.stringify(path)}${isLeaf ? ',"isLeaf":true' : ''}}`)
    .join(',')}]}`;

export const findResponseJson: FindResponseFormat = {
  names: ['json'],
  contentType: 'application/json',
  isMulti: true,
  allowsEmpty: false,
  encode: (globs) => Buffer.from(`{"metrics":[${globs.map(encodeGlob).join(',')}]}`),
  decode: (bytes) =>
    arrayIn(parseJsonObject(bytes), 'metrics')
      .map(objectOf)
      .map((glob) => ({
        name: stringIn(glob, 'name'),
        matches: arrayIn(glob, 'matches')
          .map(objectOf)
          .map((match) => ({ path: stringIn(match, 'path'), isLeaf: match['isLeaf'] === true })),
      })),
};
