// lowPass (carbonapi): keeps the ends of a spectrum and drops its middle, the high frequencies.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatShortest } from '../format-number.ts';
import { seriesList } from '../params.ts';

export const lowPass = defineFunction({
  name: 'lowPass',
  aliases: ['lpf'],
  carbonapiOnly: true,
  perSeries: true,
  group: 'Transform',
  params: [seriesList, { name: 'cutPercent', type: 'float', required: true }],
  description:
    'For results of fft: keeps the lowest frequencies, `cutPercent` percent of the points, half ' +
    'of them at either end, and drops the points between.',
  examples: ['ifft(lowPass(fft(app.requests.count, "abs"), 40), fft(app.requests.count, "phase"))'],
  evaluate: ({ seriesList, cutPercent }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      const kept = Math.trunc((cutPercent / 200) * values.length);
      if (kept < values.length - kept)
        values.fill(Number.NaN, Math.max(0, kept), values.length - kept);
      return derive(series, `lowPass(${series.name},${formatShortest(cutPercent)})`, values);
    }),
});
