// The area between two series, as drawing understands it: an invisible one with one stacked upon it.
import { OperatingError } from '../../core/errors.ts';
import type { Series } from '../series.ts';

/** Exactly two series, both renamed `<functionName>(<path of the upper>)` and marked for drawing. */
export function areaOf(list: readonly Series[], functionName: string): Series[] {
  const [lower, upper] = list;
  if (lower === undefined || upper === undefined || list.length > 2) {
    throw new OperatingError(
      'bad-argument',
      `${functionName}: it needs exactly 2 series, not ${list.length}`,
    );
  }
  const name = `${functionName}(${upper.pathExpression})`;
  const tags = { ...upper.tags, [functionName]: '1' };
  return [
    { ...lower, name, tags, options: { ...lower.options, stacked: true, invisible: true } },
    { ...upper, name, tags, options: { ...upper.options, stacked: true } },
  ];
}
