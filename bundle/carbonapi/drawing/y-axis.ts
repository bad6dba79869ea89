// The value axis: its ends, its labels, and where a value is.
import type { AxisParameters } from './parameters.ts';
import { valueLabel } from './value-labels.ts';

export interface YAxis {
  bottom: number;
  top: number;
  labels: { value: number; text: string }[];
  /** 0 at the bottom, 1 at the top; values outside lie beyond. */
  position(value: number): number;
}

/** Steps that people read easily, for one power of ten; binary units have powers of two below. */
const prettySteps = [1, 2, 2.5, 5, 10];

function prettyStep(range: number, divisions: number, isBinary: boolean): number {
  const raw = range / divisions;
  if (isBinary && raw >= 1) return 2 ** Math.ceil(Math.log2(raw) - 0.01);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = prettySteps.find((step) => step * power >= raw * 0.999) ?? 10;
  return factor * power;
}

function logAxis(low: number, high: number, base: number, system: string): YAxis {
  const log = (value: number): number => Math.log(value) / Math.log(base);
  const first = Math.floor(log(low > 0 ? low : high > 0 ? high / base ** 3 : 1));
  const last = Math.max(first + 1, Math.ceil(log(high > 0 ? high : base)));
  const labels = [];
  for (let power = first; power <= last; power++) {
    const value = base ** power;
    labels.push({ value, text: valueLabel(value, value, system) });
  }
  return {
    bottom: base ** first,
    top: base ** last,
    labels,
    position: (value) => (value > 0 ? (log(value) - first) / (last - first) : 0),
  };
}

export interface AxisOptions extends AxisParameters {
  divisions: number;
  logBase: number | undefined;
  unitSystem: string;
}

/** An axis that shows values from `low` to `high`. */
export function makeYAxis(low: number, high: number, options: AxisOptions): YAxis {
  const { divisions, logBase, unitSystem } = options;
  let bottom = options.min ?? low;
  let top = options.max ?? high;
  if (options.limit !== undefined && top > options.limit) top = options.limit;
  if (!Number.isFinite(bottom) || !Number.isFinite(top)) [bottom, top] = [0, 1];
  if (logBase !== undefined) return logAxis(bottom, top, logBase, unitSystem);
  if (top <= bottom) top = bottom + (bottom === 0 ? 1 : Math.abs(bottom) * 0.1);
  const step =
    options.step !== undefined && options.step > 0 && (top - bottom) / options.step <= 100
      ? options.step
      : prettyStep(top - bottom, divisions, unitSystem === 'binary');
  if (options.min === undefined) bottom = Math.floor(bottom / step + 1e-9) * step;
  if (options.max === undefined) top = Math.ceil(top / step - 1e-9) * step;
  const labels = [];
  const count = Math.floor((top - bottom) / step + 1e-6);
  for (let i = 0; i <= count; i++) {
    const value = bottom + i * step;
    const clean = Math.abs(value) < step * 1e-6 ? 0 : value;
    labels.push({ value: clean, text: valueLabel(clean, step, unitSystem) });
  }
  return { bottom, top, labels, position: (value) => (value - bottom) / (top - bottom) };
}
