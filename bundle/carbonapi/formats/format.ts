// The contract of a render format: series in, bytes out. One file a format, one line in index.ts.
import type { Series, TimeWindow } from '../series.ts';
import type { Blocks } from '../serving/blocks.ts';

export interface FormatOptions {
  /** IANA name; formats that print civil times use it. */
  timeZone: string;
  pretty: boolean;
  /** Leave out points without a value, and series without any. */
  noNullPoints: boolean;
  window: TimeWindow;
  /** All parameters of the request; images have many of their own. */
  parameters: URLSearchParams;
  /** Zeros behind every time of JSON: 0 for seconds, 3 for milliseconds, and so on. */
  timeZeros?: number;
  /** Where a large answer may take its memory from. */
  blocks?: Blocks;
}

export interface RenderFormat {
  /** The values of `format` that mean this one, the usual one first. */
  readonly names: readonly string[];
  readonly contentType: string;
  /** Whether maxDataPoints applies; formats for programs carry every point. */
  readonly consolidates: boolean;
  /** A picture: its size has nothing to do with the number of points. "png" is made of the SVG encoded. */
  readonly image?: 'svg' | 'png';
  /** The answer in pieces of bounded size, made as they are asked for. */
  encode(series: readonly Series[], options: FormatOptions): Iterable<string | Uint8Array>;
}
