// linearRegression: the straight line that fits a series best.
import { parseTime } from '../../expression/time-range.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

interface Line {
  /** Per second. */
  slope: number;
  /** At time 0. */
  intercept: number;
}

function fitLine({ values, start, step }: Series): Line | undefined {
  let count = 0;
  let indexSum = 0;
  let valueSum = 0;
  let indexSquares = 0;
  let products = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    count++;
    indexSum += i;
    valueSum += value;
    indexSquares += i * i;
    products += i * value;
  }
  const denominator = count * indexSquares - indexSum * indexSum;
  if (denominator === 0) return undefined;
  const slope = (count * products - indexSum * valueSum) / denominator / step;
  const first = (indexSquares * valueSum - products * indexSum) / denominator;
  return { slope, intercept: first - slope * start };
}

export const linearRegression = defineFunction({
  name: 'linearRegression',
  dropsSeries: true,
  group: 'Calculate',
  params: [
    seriesList,
    { name: 'startSourceAt', type: 'date' },
    { name: 'endSourceAt', type: 'date' },
  ],
  description:
    'The line of least squares through each series, fitted to the points from `startSourceAt` to ' +
    '`endSourceAt` (the window unless given) and drawn over the window.',
  examples: ['linearRegression(servers.web01.disk.used, "-7d")'],
  evaluate: async ({ seriesList, startSourceAt, endSourceAt }, context) => {
    const { window } = context;
    const start = startSourceAt === undefined ? window.start : parseTime(startSourceAt, context);
    const end = endSourceAt === undefined ? window.end : parseTime(endSourceAt, context);
    const isSameWindow = start === window.start && end === window.end;
    const sources = isSameWindow
      ? seriesList
      : await context.evaluateArgument('seriesList', { start, end });
    return seriesList.flatMap((series, index) => {
      const source = sources[index];
      const line = source === undefined ? undefined : fitLine(source);
      if (line === undefined) return [];
      const values = new Float64Array(series.values.length);
      for (let i = 0; i < values.length; i++) {
        values[i] = line.intercept + (series.start + i * series.step) * line.slope;
      }
      const name = `linearRegression(${series.name}, ${start}, ${end})`;
      return [derive(series, name, values, { linearRegressions: `${start}, ${end}` })];
    });
  },
});
