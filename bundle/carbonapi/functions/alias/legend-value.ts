// legendValue: aggregated values behind the name.

import {
  aggregateRange,
  aggregationNames,
  isAggregation,
  resolveAggregation,
} from '../../../points/aggregation.ts';
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import {
  formatFixed,
  formatFloat,
  isUnitSystem,
  scaleToUnit,
  type UnitSystem,
} from '../format-number.ts';
import { seriesList } from '../params.ts';

const shownTypes = [
  ...aggregationNames,
  ...aggregationNames.map((name) => `${name}Series`),
  'si',
  'binary',
].sort();

/** The aggregated value, or the text shown when there is none. */
function shownValue(series: Series, type: string): number | string {
  if (!isAggregation(type)) return '(?)';
  const value = aggregateRange(series.values, resolveAggregation(type));
  return Number.isNaN(value) ? 'None' : value;
}

function plainLegend(series: Series, type: string): string {
  const value = shownValue(series, type);
  const isInteger = type === 'count';
  const text = typeof value === 'string' ? value : isInteger ? String(value) : formatFloat(value);
  return `${series.name} (${type}: ${text})`;
}

function columnLegend(series: Series, type: string, system: UnitSystem): string {
  let text = shownValue(series, type);
  if (typeof text === 'number') {
    const { value, prefix } = scaleToUnit(text, system);
    text = `${formatFixed(value, 2)}${prefix}`;
  }
  return series.name.padEnd(20) + type.padEnd(5) + text.padEnd(10);
}

export const legendValue = defineFunction({
  name: 'legendValue',
  perSeries: true,
  group: 'Alias',
  params: [
    seriesList,
    {
      name: 'valuesTypes',
      type: 'string',
      multiple: true,
      options: shownTypes,
      acceptsOther: true,
    },
  ],
  description:
    'Appends values to the names: `"last"`, `"avg"`, `"max"` or any other aggregation. With ' +
    '`"si"` or `"binary"` at the end values get unit prefixes and stand in columns.',
  examples: ['legendValue(servers.*.memory.used, "avg", "max", "binary")'],
  evaluate: ({ seriesList, valuesTypes }) => {
    const last = valuesTypes.at(-1);
    const system = last !== undefined && isUnitSystem(last) ? last : undefined;
    const types = system === undefined ? valuesTypes : valuesTypes.slice(0, -1);
    return seriesList.map((series) =>
      types.reduce(
        (soFar, type) =>
          withSeries(soFar, {
            name:
              system === undefined ? plainLegend(soFar, type) : columnLegend(soFar, type, system),
          }),
        series,
      ),
    );
  },
});
