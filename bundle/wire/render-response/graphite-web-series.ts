// The fields of one series in graphite-web's own formats (pickle and msgpack), read from the decoded
// maps: name, start, end, step, values with None for gaps, pathExpression, valuesPerPoint,
// consolidationFunc or consolidate, xFilesFactor. Times are unix seconds.
import { OperatingError } from '../../core/errors.ts';
import type { RenderedSeries } from './format.ts';
import { emptySeries } from './gaps.ts';

/** How many points of the store one of the values stands for: these formats are never consolidated. */
export const valuesPerPoint = 1;

const bad = (what: string): OperatingError =>
  new OperatingError('bad-render-response', `the answer is not one of render: ${what}`);

type Fields = ReadonlyMap<unknown, unknown>;

/** Throws an OperatingError `bad-render-response`. */
export function seriesListOf(decoded: unknown): RenderedSeries[] {
  if (!Array.isArray(decoded)) throw bad('it is not a list');
  return decoded.map((fields: unknown) => {
    if (!(fields instanceof Map)) throw bad('a series is not a map');
    return seriesOf(fields);
  });
}

function seriesOf(fields: Fields): RenderedSeries {
  const series = emptySeries();
  series.name = text(fields, 'name') ?? '';
  if (series.name === '') throw bad('a series has no name');
  series.pathExpression = text(fields, 'pathExpression') ?? series.name;
  series.consolidationFunc = text(fields, 'consolidationFunc') ?? text(fields, 'consolidate') ?? '';
  series.xFilesFactor = number(fields, 'xFilesFactor') ?? 0;
  series.startTime = required(fields, 'start');
  series.stopTime = required(fields, 'end');
  series.stepTime = required(fields, 'step');
  const values = fields.get('values');
  if (!Array.isArray(values)) throw bad('a series has no values');
  series.values = Float64Array.from(values, (value: unknown) => {
    if (value === null) return Number.NaN;
    if (typeof value !== 'number') throw bad('a value is not a number');
    return value;
  });
  return series;
}

function text(fields: Fields, key: string): string | undefined {
  const value = fields.get(key);
  return typeof value === 'string' ? value : undefined;
}

function number(fields: Fields, key: string): number | undefined {
  const value = fields.get(key);
  return typeof value === 'number' ? value : undefined;
}

function required(fields: Fields, key: string): number {
  const value = number(fields, key);
  if (value === undefined) throw bad(`a series has no ${key}`);
  return value;
}
