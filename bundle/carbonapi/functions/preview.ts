// What lies before the window, for functions that look back by points or by time.
import { parseInterval } from '../expression/time-range.ts';
import type { Series } from '../series.ts';
import type { EvaluationContext } from './define.ts';

export interface Preview {
  /** The argument again, for a window that begins earlier. */
  list: Series[];
  /** How much earlier. */
  seconds: number;
  pointsOf(series: Series): number;
  /** The window size as names show it. */
  text: string;
}

/** Fetches what lies before the window, so that the first points have a whole window behind them. */
export async function preview(
  list: Series[],
  size: number | string,
  context: EvaluationContext,
): Promise<Preview> {
  const seconds =
    typeof size === 'string'
      ? Math.abs(parseInterval(size))
      : size * list.reduce((longest, { step }) => Math.max(longest, step), 0);
  const { start, end } = context.window;
  return {
    list: await context.evaluateArgument('seriesList', { start: start - seconds, end }),
    seconds,
    pointsOf: ({ step }) => (typeof size === 'string' ? Math.floor(seconds / step) : size),
    text: typeof size === 'string' ? `"${size}"` : String(size),
  };
}
