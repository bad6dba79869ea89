// tukeyAbove and tukeyBelow (carbonapi): series with outliers, by Tukey's fences.
import { OperatingError } from '../../../core/errors.ts';
import { parseInterval } from '../../expression/time-range.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { highestRanks } from '../heap-ranking.ts';
import { requiredCount, seriesList } from '../params.ts';

interface Stretch {
  from: number;
  to: number;
}

/** The last so many points, or with a negative number all but the last so many; 0 means all. */
function stretchOf({ values, step }: Series, interval: number | string): Stretch {
  const points =
    typeof interval === 'string' ? Math.trunc(parseInterval(interval) / step) : interval;
  const { length } = values;
  if (points < 0 && -points < length) return { from: 0, to: length + points };
  return { from: points > 0 && points < length ? length - points : 0, to: length };
}

function allValues(list: readonly Series[], { from, to }: Stretch): Float64Array {
  const all = new Float64Array(list.length * (to - from));
  let count = 0;
  for (const { values } of list) {
    for (let i = from; i < Math.min(to, values.length); i++) {
      if (!Number.isNaN(values[i])) all[count++] = values[i]!;
    }
  }
  return all.subarray(0, count).sort();
}

const outlierFunction = (name: string, side: 'above' | 'below', description: string) =>
  defineFunction({
    name,
    carbonapiOnly: true,
    group: 'Transform',
    params: [
      seriesList,
      { name: 'basis', type: 'float', required: true },
      requiredCount,
      { name: 'interval', type: 'intOrInterval', default: 0 },
    ],
    description:
      `${description} Fences lie \`basis\` times the distance of the quartiles outside of them; ` +
      'all series together have one pair. `interval` limits this to the last points.',
    examples: [`${name}(servers.*.load.shortterm, 1.5, 5)`],
    evaluate: ({ seriesList, basis, n, interval }) => {
      const [first] = seriesList;
      if (!(basis > 0)) return [];
      if (n < 1) throw new OperatingError('bad-argument', `${name}: n must be 1 or more`);
      if (first === undefined) return [];
      const stretch = stretchOf(first, interval);
      const sorted = allValues(seriesList, stretch);
      if (sorted.length === 0) return [];
      const low = sorted[Math.floor(sorted.length * 0.25)]!;
      const high = sorted[Math.floor(sorted.length * 0.75)]!;
      const margin = basis * (high - low);
      const outliers = ({ values }: Series): number => {
        let count = 0;
        for (let i = stretch.from; i < Math.min(stretch.to, values.length); i++) {
          const value = values[i]!;
          if (side === 'above' ? value >= high + margin : value <= low - margin) count++;
        }
        return count === 0 ? Number.NaN : count;
      };
      return highestRanks(seriesList.map(outliers), n).map((index) => seriesList[index]!);
    },
  });

export const tukeyAbove = outlierFunction(
  'tukeyAbove',
  'above',
  'The `n` series with the most points above the upper fence, most first.',
);

export const tukeyBelow = outlierFunction(
  'tukeyBelow',
  'below',
  'The `n` series with the most points below the lower fence, most first.',
);
