// The contract of an answer to /metrics/find: one file a format, all listed in index.ts.
import type { GlobResponse } from '../carbonapi-v3.ts';

export interface FindResponseFormat {
  /** Values of the request parameter `format`. */
  names: readonly string[];
  contentType: string;
  /** Holds the answers to several queries; the others hold the matches of the first one only. */
  isMulti: boolean;
  /** An answer without any match is sent as such instead of status 404. */
  allowsEmpty: boolean;
  encode(globs: readonly GlobResponse[]): Uint8Array;
  /** Throws an OperatingError when `bytes` are not such an answer. */
  decode(bytes: Uint8Array): GlobResponse[];
}
