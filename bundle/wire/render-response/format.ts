// The contract of an answer to /render between servers: one file a format, all listed in index.ts.
// An answer is made of pieces, so that a large one can be sent while it is fetched.
import type { FetchResponseV3 } from '../carbonapi-v3.ts';

/** One fetched series; formats that lack a field leave it out. */
export type RenderedSeries = FetchResponseV3;

export interface RenderResponseFormat {
  /** Values of the request parameter `format`. */
  names: readonly string[];
  contentType: string;
  /** An answer without any series is sent as such instead of status 404. */
  allowsEmpty: boolean;
  /** `head` has to be told the right number of series; otherwise it ignores it. */
  needsCount: boolean;
  head(seriesCount: number): Uint8Array;
  /** Some series, at least one; `isFirst` for formats that separate them. */
  piece(list: readonly RenderedSeries[], isFirst: boolean): Uint8Array;
  tail(): Uint8Array;
  /** Throws an OperatingError when `bytes` are not such an answer. */
  decode(bytes: Uint8Array): RenderedSeries[];
}

/** The whole answer in one buffer. */
export function encodeRenderResponse(
  format: RenderResponseFormat,
  list: readonly RenderedSeries[],
): Buffer {
  const piece = list.length === 0 ? noBytes : format.piece(list, true);
  return Buffer.concat([format.head(list.length), piece, format.tail()]);
}

export const noBytes = new Uint8Array(0);
