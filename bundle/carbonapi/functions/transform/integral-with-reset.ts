// integralWithReset (carbonapi): a running sum that another series sets back to zero.
import { OperatingError } from '../../../core/errors.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const integralWithReset = defineFunction({
  name: 'integralWithReset',
  carbonapiOnly: true,
  group: 'Transform',
  params: [seriesList, { name: 'resettingSeries', type: 'seriesList', required: true }],
  description:
    'The sum of all points so far, set back to zero wherever the one series `resettingSeries` is ' +
    'neither zero nor missing.',
  examples: ['integralWithReset(app.sales.count, app.restarts)'],
  evaluate: ({ seriesList, resettingSeries }) => {
    const [resetting] = resettingSeries;
    if (resetting === undefined || resettingSeries.length > 1) {
      throw new OperatingError(
        'bad-argument',
        `integralWithReset: resettingSeries must be exactly one series, not ${resettingSeries.length}`,
      );
    }
    return seriesList.map((series) => {
      const { length } = series.values;
      if (series.step !== resetting.step || length !== resetting.values.length) {
        throw new OperatingError(
          'bad-argument',
          `integralWithReset: ${series.name} does not cover the same points as ${resetting.name}`,
        );
      }
      const values = missing(length);
      let sum = 0;
      for (let i = 0; i < length; i++) {
        const value = series.values[i]!;
        if (Number.isNaN(value)) continue;
        sum = Math.abs(resetting.values[i]!) > 0 ? 0 : sum + value;
        values[i] = sum;
      }
      return derive(series, `integralWithReset(${series.name},${resetting.name})`, values);
    });
  },
});
