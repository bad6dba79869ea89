// kolmogorovSmirnovTest2 (carbonapi): whether two series have one distribution.
import { sortedPresent } from '../../../points/aggregation.ts';
import { kolmogorovSmirnov } from '../correlation.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';
import { alongWindows, checkWindow, onlyOne, otherSeriesList } from '../series-pair.ts';

export const kolmogorovSmirnovTest2 = defineFunction({
  name: 'kolmogorovSmirnovTest2',
  aliases: ['ksTest2'],
  carbonapiOnly: true,
  group: 'Transform',
  params: [seriesList, otherSeriesList, { name: 'window', type: 'integer', required: true }],
  description:
    'How likely the last `window` points of two series are to come from one distribution (the ' +
    'Kolmogorov-Smirnov test of two samples): near 0 they differ.',
  examples: ['kolmogorovSmirnovTest2(app.latency.old, app.latency.new, 60)'],
  evaluate: ({ seriesList, otherSeriesList, window: points }, { window }) => {
    checkWindow(points, 'kolmogorovSmirnovTest2');
    const a = onlyOne(seriesList, 'kolmogorovSmirnovTest2');
    const b = onlyOne(otherSeriesList, 'kolmogorovSmirnovTest2');
    const length = Math.min(a.values.length, b.values.length);
    const values = alongWindows(length, points, points, (from, to) =>
      kolmogorovSmirnov(sortedPresent(a.values, from, to), sortedPresent(b.values, from, to)),
    );
    const result = derive(a, `kolmogorovSmirnovTest2(${a.name},${b.name},${points})`, values);
    return [{ ...result, start: window.start, end: window.start + length * a.step }];
  },
});
