// What percentile functions take as a percentage.
import { OperatingError } from '../../core/errors.ts';

/** Refuses a percentage for which a list has no rank; throws an OperatingError (`bad-argument`). */
export function checkPercent(functionName: string, percent: number): void {
  if (percent > 100)
    throw new OperatingError('bad-argument', `${functionName}: n must not be greater than 100`);
}
