// timeSlice: only the points of one stretch of time.
import { parseTime } from '../../expression/time-range.ts';
import { defineFunction } from '../define.ts';
import { missing, tagged } from '../derive.ts';
import { seriesList } from '../params.ts';

export const timeSlice = defineFunction({
  name: 'timeSlice',
  perSeries: true,
  group: 'Transform',
  params: [
    seriesList,
    { name: 'startSliceAt', type: 'date', required: true },
    { name: 'endSliceAt', type: 'date', default: 'now' },
  ],
  description: 'Drops every point before `startSliceAt` and after `endSliceAt`.',
  examples: ['timeSlice(app.sales.count, "00:00_20260101", "12:00_20260101")'],
  evaluate: ({ seriesList, startSliceAt, endSliceAt }, context) => {
    const from = parseTime(startSliceAt, context);
    const to = parseTime(endSliceAt, context);
    return seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        // Counted from the start of the window, which need not be a multiple of the step.
        const time = context.window.start + i * series.step;
        if (time >= from && time <= to) values[i] = series.values[i]!;
      }
      return tagged(
        series,
        { timeSliceStart: String(from), timeSliceEnd: String(to) },
        { name: `timeSlice(${series.name}, ${from}, ${to})`, values },
      );
    });
  },
});
