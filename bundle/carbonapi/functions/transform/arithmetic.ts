// Functions of one value: scale, offset, add, absolute, pow, squareRoot, invert, exp, sigmoid, logit.
// Each loop is its own so that it stays a tight one.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { seriesList } from '../params.ts';
import { safePower } from '../power.ts';

const factor = { name: 'factor', type: 'float', required: true } as const;

export const scale = defineFunction({
  name: 'scale',
  group: 'Transform',
  params: [seriesList, factor],
  description: 'Multiplies every point by `factor`.',
  examples: ['scale(servers.*.network.octets, 8)'],
  evaluate: ({ seriesList, factor }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! *= factor;
      const name = `scale(${series.name},${formatG(factor)})`;
      return derive(series, name, values, { scale: formatFloat(factor) });
    }),
});

export const offset = defineFunction({
  name: 'offset',
  group: 'Transform',
  params: [seriesList, factor],
  description: 'Adds `factor` to every point; a negative one is subtracted.',
  examples: ['offset(servers.*.temperature, -273.15)'],
  evaluate: ({ seriesList, factor }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! += factor;
      const name = `offset(${series.name},${formatG(factor)})`;
      return derive(series, name, values, { offset: formatFloat(factor) });
    }),
});

export const add = defineFunction({
  name: 'add',
  group: 'Transform',
  params: [seriesList, { name: 'constant', type: 'float', required: true }],
  description: 'Adds `constant` to every point. The name shows it as an integer.',
  examples: ['add(servers.*.load.shortterm, 10)'],
  evaluate: ({ seriesList, constant }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! += constant;
      const name = `add(${series.name},${Math.trunc(constant)})`;
      return derive(series, name, values, { add: formatFloat(constant) });
    }),
});

export const absolute = defineFunction({
  name: 'absolute',
  group: 'Transform',
  params: [seriesList],
  description: 'Drops the sign of every point.',
  examples: ['absolute(derivative(servers.*.load.shortterm))'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i]!);
      return derive(series, `absolute(${series.name})`, values, { absolute: '1' });
    }),
});

export const pow = defineFunction({
  name: 'pow',
  group: 'Transform',
  params: [seriesList, factor],
  description: 'Raises every point to the power of `factor`; what overflows is missing.',
  examples: ['pow(servers.*.load.shortterm, 2)'],
  evaluate: ({ seriesList, factor }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = safePower(values[i]!, factor);
      const name = `pow(${series.name},${formatG(factor)})`;
      return derive(series, name, values, { pow: formatFloat(factor) });
    }),
});

export const squareRoot = defineFunction({
  name: 'squareRoot',
  group: 'Transform',
  params: [seriesList],
  description: 'The square root of every point; negative ones are missing.',
  examples: ['squareRoot(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = Math.sqrt(values[i]!);
      return derive(series, `squareRoot(${series.name})`, values, { squareRoot: '1' });
    }),
});

export const invert = defineFunction({
  name: 'invert',
  group: 'Transform',
  params: [seriesList],
  description: 'One divided by every point; zeros are missing.',
  examples: ['invert(app.requests.seconds)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        if (series.values[i] !== 0) values[i] = 1 / series.values[i]!;
      }
      return derive(series, `invert(${series.name})`, values, { invert: '1' });
    }),
});

export const exp = defineFunction({
  name: 'exp',
  group: 'Transform',
  params: [seriesList],
  description: 'Euler’s number to the power of every point.',
  examples: ['exp(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = Math.exp(values[i]!);
      return derive(series, `exp(${series.name})`, values, { exp: 'e' });
    }),
});

export const sigmoid = defineFunction({
  name: 'sigmoid',
  group: 'Transform',
  params: [seriesList],
  description: 'The logistic function of every point, `1 / (1 + exp(-x))`.',
  examples: ['sigmoid(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-values[i]!));
      return derive(series, `sigmoid(${series.name})`, values, { sigmoid: 'sigmoid' });
    }),
});

export const logit = defineFunction({
  name: 'logit',
  group: 'Transform',
  params: [seriesList],
  description:
    'The inverse of sigmoid, `log(x / (1 - x))`; points not between 0 and 1 are missing.',
  examples: ['logit(servers.*.disk.share)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (value > 0 && value < 1) values[i] = Math.log(value / (1 - value));
      }
      return derive(series, `logit(${series.name})`, values, { logit: 'logit' });
    }),
});
