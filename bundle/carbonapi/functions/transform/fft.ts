// fft and ifft (carbonapi): from a series to its spectrum and back.
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { type ComplexColumn, complexColumn, fourier, inverseFourier } from '../fourier.ts';
import { seriesList } from '../params.ts';

function magnitudes({ real, imaginary }: ComplexColumn): Float64Array {
  const values = new Float64Array(real.length);
  for (let i = 0; i < values.length; i++) values[i] = Math.hypot(real[i]!, imaginary[i]!);
  return values;
}

function phases({ real, imaginary }: ComplexColumn): Float64Array {
  const values = new Float64Array(real.length);
  for (let i = 0; i < values.length; i++) values[i] = Math.atan2(imaginary[i]!, real[i]!);
  return values;
}

export const fft = defineFunction({
  name: 'fft',
  carbonapiOnly: true,
  perSeries: true,
  group: 'Transform',
  params: [
    seriesList,
    { name: 'mode', type: 'string', options: ['abs', 'phase', 'both'], acceptsOther: true },
  ],
  description:
    'The Fourier transform of each series: magnitudes (`"abs"`), phases (`"phase"`), or both. A ' +
    'missing point makes all of the result missing.',
  examples: ['fft(app.requests.count, "abs")'],
  evaluate: ({ seriesList, mode = 'both' }) =>
    seriesList.flatMap((series) => {
      const imaginary = new Float64Array(series.values.length);
      const spectrum = fourier({ real: series.values, imaginary });
      const part = (name: string, values: Float64Array): Series =>
        derive(series, `fft(${series.name},${name})`, values);
      return [
        ...(mode === 'phase' ? [] : [part('abs', magnitudes(spectrum))]),
        ...(mode === 'abs' ? [] : [part('phase', phases(spectrum))]),
      ];
    }),
});

/** Magnitudes and phases as a spectrum; a missing magnitude is none. */
function spectrumOf(magnitude: Float64Array, phase: Float64Array): ComplexColumn {
  const spectrum = complexColumn(magnitude.length);
  for (let i = 0; i < magnitude.length; i++) {
    const size = Number.isNaN(magnitude[i]) ? 0 : magnitude[i]!;
    const angle = phase[i] ?? 0;
    spectrum.real[i] = size * Math.cos(angle);
    spectrum.imaginary[i] = size * Math.sin(angle);
  }
  return spectrum;
}

export const ifft = defineFunction({
  name: 'ifft',
  carbonapiOnly: true,
  group: 'Transform',
  params: [
    seriesList,
    { name: 'phaseSeriesList', type: 'seriesList', required: true, assumed: false },
  ],
  description:
    'The series that have the given magnitudes and, if given, phases: the way back from fft. ' +
    'Values come out without their sign.',
  examples: ['ifft(fft(app.requests.count, "abs"), fft(app.requests.count, "phase"))'],
  evaluate: ({ seriesList, phaseSeriesList }) =>
    seriesList.map((series, index) => {
      const phase = phaseSeriesList?.[index];
      const spectrum =
        phase === undefined
          ? { real: series.values, imaginary: new Float64Array(series.values.length) }
          : spectrumOf(series.values, phase.values);
      const name = phase === undefined ? series.name : `${series.name},${phase.name}`;
      return derive(series, `ifft(${name})`, magnitudes(inverseFourier(spectrum)));
    }),
});
