// cactiStyle: current, largest and smallest value in columns behind the name.
import { OperatingError } from '../../../core/errors.ts';
import { type Aggregation, aggregateRange } from '../../../points/aggregation.ts';
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { formatFixed, isUnitSystem, scaleToUnit, unitSystemNames } from '../format-number.ts';
import { seriesList } from '../params.ts';

type Format = (value: number) => string;

function formatOf(system: string | undefined, units: string | undefined): Format {
  const suffix = units ? ` ${units}` : '';
  if (!system) return (value) => formatFixed(value, 2) + suffix;
  if (!isUnitSystem(system)) {
    throw new OperatingError('bad-argument', `cactiStyle: system must be "si" or "binary"`);
  }
  return (number) => {
    const { value, prefix } = scaleToUnit(number, system);
    return `${formatFixed(value, 2)}${units ? ` ${prefix}${units}` : prefix}`;
  };
}

const columns = [
  { label: 'Current', aggregation: 'last' },
  { label: 'Max', aggregation: 'max' },
  { label: 'Min', aggregation: 'min' },
] as const;

/** Width of a column: the longest of its values without decimals, and three more. */
function columnWidth(list: Series[], aggregation: Aggregation, format: Format): number {
  const lengths = list.map(({ values }) => {
    const value = aggregateRange(values, aggregation);
    return format(Number.isFinite(value) && value !== 0 ? Math.trunc(value) : 3).length;
  });
  return lengths.reduce((longest, length) => Math.max(longest, length), 0) + 3;
}

export const cactiStyle = defineFunction({
  name: 'cactiStyle',
  group: 'Special',
  params: [
    seriesList,
    { name: 'system', type: 'string', options: unitSystemNames },
    { name: 'units', type: 'string' },
  ],
  description:
    'Appends current, largest and smallest value to the names, in columns. `system` sets unit ' +
    'prefixes (`"si"`: 1000, `"binary"`: 1024), `units` a unit.',
  examples: ['cactiStyle(servers.*.network.octets, "si", "b")'],
  evaluate: ({ seriesList, system, units }) => {
    const format = formatOf(system, units);
    const nameWidth = seriesList.reduce((longest, { name }) => Math.max(longest, name.length), 0);
    const widths = columns.map(({ aggregation }) => columnWidth(seriesList, aggregation, format));
    return seriesList.map((series) => {
      const texts = columns.map(({ label, aggregation }, index) => {
        const value = aggregateRange(series.values, aggregation);
        const text = Number.isNaN(value) ? 'nan' : format(value);
        return `${label}:${text.padEnd(widths[index] ?? 0)}`;
      });
      return withSeries(series, { name: `${series.name.padEnd(nameWidth)} ${texts.join(' ')} ` });
    });
  },
});
