// What lies before the window, for functions that look back by points or by time.
import { parseInterval } from '../expression/time-range.ts';
import type { Series, TimeWindow } from '../series.ts';
import type { EvaluationContext } from './define.ts';
import { numberAsWritten } from './written-argument.ts';

export interface Preview {
  /** The argument again, for a window that begins earlier. */
  list: Series[];
  /** How much earlier. */
  seconds: number;
  pointsOf(series: Series): number;
  /** The window size as tags show it. */
  size: string;
  /** The same as names show it. */
  text: string;
}

const secondsOf = (interval: string): number => Math.abs(parseInterval(interval));

/** The window with what lies before it, where the size is a time span (see fetchRange). */
export function previewRange(
  { windowSize }: { windowSize: number | string },
  { window: { start, end } }: { window: TimeWindow },
): TimeWindow | undefined {
  if (typeof windowSize === 'number') return undefined;
  return { start: start - secondsOf(windowSize), end };
}

/** Fetches what lies before the window, so that the first points have a whole window behind them. */
export async function preview(
  list: Series[],
  size: number | string,
  context: EvaluationContext,
): Promise<Preview> {
  const points = typeof size === 'string' ? 0 : Math.trunc(size);
  const seconds =
    typeof size === 'string'
      ? secondsOf(size)
      : points * list.reduce((longest, { step }) => Math.max(longest, step), 0);
  const { start, end } = context.window;
  const written =
    typeof size === 'string' ? size : numberAsWritten(context.call, 'windowSize', 1, size);
  return {
    // Of a time span the list is already the longer one; points must first be turned into seconds.
    list:
      typeof size === 'string'
        ? list
        : await context.evaluateArgument('seriesList', { start: start - seconds, end }),
    seconds,
    pointsOf: ({ step }) => (typeof size === 'string' ? Math.floor(seconds / step) : points),
    size: written,
    text: typeof size === 'string' ? `"${written}"` : written,
  };
}
