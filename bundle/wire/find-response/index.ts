// Every format of an answer to /metrics/find between servers. What browsers are sent (treejson,
// completer) is carbonapi's own.
import type { FindResponseFormat } from './format.ts';
import { findResponseJson } from './json.ts';
import { findResponseMsgpack } from './msgpack.ts';
import { findResponsePickle } from './pickle.ts';
import { findResponseV2 } from './v2.ts';
import { findResponseV3 } from './v3.ts';

export type { FindResponseFormat } from './format.ts';

export const findResponseFormats: readonly FindResponseFormat[] = [
  findResponseJson,
  findResponseV2,
  findResponseV3,
  findResponsePickle,
  findResponseMsgpack,
];

/** The format called `name` in requests. */
export const findResponseFormatNamed = (name: string): FindResponseFormat | undefined =>
  findResponseFormats.find(({ names }) => names.includes(name));
