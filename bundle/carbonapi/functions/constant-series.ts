// A horizontal line of three points over the whole window.
import type { Series } from '../series.ts';
import type { EvaluationContext } from './define.ts';
import { createSeries } from './derive.ts';

/** A line at `value` (NaN: missing), named `name`, at start, middle and end of the window. */
export function constantSeries(
  value: number,
  name: string,
  context: EvaluationContext,
  pathExpression = `constantLine(${name})`,
): Series {
  const { start, end } = context.window;
  return createSeries({
    name,
    start,
    end,
    step: Math.max(1, Math.trunc((end - start) / 2)),
    values: new Float64Array(3).fill(value),
    xFilesFactor: context.xFilesFactor,
    pathExpression,
  });
}
