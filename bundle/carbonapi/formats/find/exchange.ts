// The formats in which servers hand found nodes to each other, as answers to clients.
import { findResponseFormats } from '../../../wire/find-response/index.ts';
import type { FindFormat } from './format.ts';

/** One for each format of wire but JSON, which clients expect in Graphite's own shape. */
export const exchangeFindFormats: readonly FindFormat[] = findResponseFormats
  .filter(({ names }) => !names.includes('json'))
  .map((format) => ({
    names: format.names,
    contentType: format.contentType,
    encode: ({ query, nodes }) => format.encode([{ name: query, matches: [...nodes] }]),
  }));
