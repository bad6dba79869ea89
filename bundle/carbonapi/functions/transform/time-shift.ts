// timeShift and timeStack: the same series at other times, drawn over this window.
import { parseInterval } from '../../expression/time-range.ts';
import { zoneOffsetSeconds } from '../../expression/time-zone.ts';
import type { TimeWindow } from '../../series.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { tagged } from '../derive.ts';
import { backwards, shiftsBetween } from '../interval.ts';
import { seriesList } from '../params.ts';

const shiftSuggestions = ['1h', '6h', '12h', '1d', '2d', '7d', '14d', '30d'] as const;

const shiftWindow = ({ start, end }: TimeWindow, seconds: number): TimeWindow => ({
  start: start + seconds,
  end: end + seconds,
});

/** Seconds to add so that clocks show the same hour in both windows, if neither has a change. */
function clockChange(shifted: TimeWindow, { window, timeZone }: EvaluationContext): number {
  const offset = zoneOffsetSeconds(timeZone, window.start);
  const shiftedOffset = zoneOffsetSeconds(timeZone, shifted.start);
  const isSteady =
    offset === zoneOffsetSeconds(timeZone, window.end) &&
    shiftedOffset === zoneOffsetSeconds(timeZone, shifted.end);
  return isSteady ? offset - shiftedOffset : 0;
}

export const timeShift = defineFunction({
  name: 'timeShift',
  group: 'Transform',
  params: [
    seriesList,
    { name: 'timeShift', type: 'interval', required: true, suggestions: shiftSuggestions },
    { name: 'resetEnd', type: 'boolean', default: true },
    { name: 'alignDst', type: 'boolean', default: false },
  ],
  description:
    'Shows the series as they were `timeShift` earlier (`"+1h"`: later). `resetEnd` keeps the ' +
    'end of the window, `alignDst` keeps clock time across a change to or from summer time.',
  examples: ['timeShift(app.sales.count, "7d")'],
  evaluate: async ({ seriesList, timeShift, resetEnd, alignDst }, context) => {
    const [first] = seriesList;
    if (first === undefined) return [];
    const written = backwards(timeShift);
    const shifted = shiftWindow(context.window, parseInterval(written));
    const change = alignDst ? clockChange(shifted, context) : 0;
    const list = await context.evaluateArgument('seriesList', shiftWindow(shifted, change));
    return list.map((series) =>
      tagged(
        series,
        { timeShift: written },
        {
          name: `timeShift(${series.name}, "${written}")`,
          start: first.start,
          end: resetEnd ? first.end : series.end - series.start + first.start,
        },
      ),
    );
  },
});

export const timeStack = defineFunction({
  name: 'timeStack',
  group: 'Transform',
  params: [
    seriesList,
    {
      name: 'timeShiftUnit',
      type: 'interval',
      default: '1d',
      suggestions: shiftSuggestions,
    },
    { name: 'timeShiftStart', type: 'integer', default: 0 },
    { name: 'timeShiftEnd', type: 'integer', default: 7 },
  ],
  description:
    'Shows the series at several times over each other: shifted by `timeShiftUnit` times ' +
    '`timeShiftStart`, and so on up to but without `timeShiftEnd`.',
  examples: ['timeStack(app.sales.count, "1d", 0, 7)'],
  evaluate: async ({ seriesList, timeShiftUnit, timeShiftStart, timeShiftEnd }, context) => {
    const [first] = seriesList;
    if (first === undefined) return [];
    const unit = backwards(timeShiftUnit);
    const seconds = parseInterval(unit);
    const stacks = await Promise.all(
      shiftsBetween(timeShiftStart, timeShiftEnd).map(async (shift) => {
        const window = shiftWindow(context.window, seconds * shift);
        const list = await context.evaluateArgument('seriesList', window);
        return list.map((series) => {
          const name = `timeShift(${series.name}, ${unit}, ${shift})`;
          return tagged(
            series,
            { timeShiftUnit: unit, timeShift: String(shift) },
            { name, pathExpression: name, start: first.start, end: first.end },
          );
        });
      }),
    );
    return stacks.flat();
  },
});
