// Lines and areas of series as SVG paths.
import type { Series } from '../series.ts';
import type { DrawingParameters } from './parameters.ts';
import { round } from './svg.ts';

/** Pixel position of a time and of a value. */
export interface Scale {
  x(time: number): number;
  y(value: number): number;
}

type Mode = DrawingParameters['lineMode'];

/** Runs of neighbouring points that have a value; "connected" lines have one run only. */
function runsOf(values: Float64Array, mode: Mode): number[][] {
  const runs: number[][] = [];
  let run: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) run.push(i);
    else if (mode !== 'connected' && run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** The path through the points of a run, `M` left out: `x,y L x,y …`. */
function pathOf(
  run: readonly number[],
  series: Series,
  values: Float64Array,
  options: {
    scale: Scale;
    mode: Mode;
  },
): string {
  const { scale, mode } = options;
  let path = '';
  for (const i of run) {
    const x = round(scale.x(series.start + i * series.step));
    const y = round(scale.y(values[i] as number));
    if (path === '') path = `${x},${y}`;
    else path += mode === 'staircase' ? `H${x}V${y}` : `L${x},${y}`;
    // A stair goes on to where the next point begins.
    if (mode === 'staircase') path += `H${round(scale.x(series.start + (i + 1) * series.step))}`;
  }
  return path;
}

/** The `d` of a series' line. A point between two gaps is drawn as a dot. */
export function linePath(series: Series, scale: Scale, mode: Mode): string {
  return runsOf(series.values, mode)
    .map((run) => {
      const path = `M${pathOf(run, series, series.values, { scale, mode })}`;
      return run.length === 1 && mode !== 'staircase' ? `${path}h0.01` : path;
    })
    .join('');
}

/** The `d` of the area between a series and `below`, values at the same times, or a level. */
export function areaPath(
  series: Series,
  below: Float64Array | number,
  scale: Scale,
  mode: Mode,
): string {
  return runsOf(series.values, mode)
    .map((run) => {
      const upper = pathOf(run, series, series.values, { scale, mode });
      const first = run[0] ?? 0;
      const last = (run.at(-1) ?? 0) + (mode === 'staircase' ? 1 : 0);
      if (typeof below === 'number') {
        const level = round(scale.y(below));
        const left = round(scale.x(series.start + first * series.step));
        const right = round(scale.x(series.start + last * series.step));
        return `M${upper}L${right},${level}L${left},${level}Z`;
      }
      const back = [...run].reverse().map((i) => {
        const x = round(scale.x(series.start + i * series.step));
        const floor = below[i] ?? 0;
        const y = round(scale.y(Number.isFinite(floor) ? floor : 0));
        if (mode !== 'staircase') return `L${x},${y}`;
        return `L${round(scale.x(series.start + (i + 1) * series.step))},${y}L${x},${y}`;
      });
      return `M${upper}${back.join('')}Z`;
    })
    .join('');
}

/** Vertical lines over `height` pixels from `top` wherever the series is neither null nor zero. */
export function infinitePath(series: Series, scale: Scale, top: number, height: number): string {
  let path = '';
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i] as number;
    if (Number.isNaN(value) || value === 0) continue;
    path += `M${round(scale.x(series.start + i * series.step))},${round(top)}v${round(height)}`;
  }
  return path;
}
