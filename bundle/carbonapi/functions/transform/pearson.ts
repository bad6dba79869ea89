// pearson (carbonapi): how two series move together.
import { pearsonCorrelation } from '../correlation.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';
import { alongWindows, checkWindow, onlyOne, otherSeriesList } from '../series-pair.ts';

export const pearson = defineFunction({
  name: 'pearson',
  carbonapiOnly: true,
  group: 'Transform',
  params: [seriesList, otherSeriesList, { name: 'windowSize', type: 'integer', required: true }],
  description:
    'How two series move together over the last `windowSize` points: 1 the same way, -1 the ' +
    'opposite way, 0 without relation.',
  examples: ['pearson(app.requests.count, servers.web01.load.shortterm, 60)'],
  evaluate: ({ seriesList, otherSeriesList, windowSize }, { window }) => {
    checkWindow(windowSize, 'pearson');
    const a = onlyOne(seriesList, 'pearson');
    const b = onlyOne(otherSeriesList, 'pearson');
    const values = alongWindows(a.values.length, windowSize, windowSize - 1, (from, to) =>
      pearsonCorrelation(a.values, b.values, from, to),
    );
    const result = derive(a, `pearson(${a.name},${b.name},${windowSize})`, values);
    return [{ ...result, start: window.start, end: window.start + values.length * a.step }];
  },
});
