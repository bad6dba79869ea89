// How functions make a series from a series or from nothing; inputs are never changed.
import type { Series } from '../series.ts';
import { tagsOfName } from './names.ts';

/** The series a function made of `series`: new name, path expression and values, tags added. */
export function derive(
  series: Series,
  name: string,
  values: Float64Array,
  tags: Record<string, string> = {},
): Series {
  return {
    ...series,
    name,
    pathExpression: name,
    values,
    tags: { ...series.tags, ...tags },
  };
}

/** The same series with tags added and other fields changed. */
export function tagged(
  series: Series,
  tags: Record<string, string>,
  change: Partial<Series> = {},
): Series {
  return { ...series, ...change, tags: { ...series.tags, ...tags } };
}

export interface NewSeries {
  name: string;
  start: number;
  end: number;
  step: number;
  values: Float64Array;
  xFilesFactor: number;
  pathExpression?: string;
  tags?: Record<string, string>;
  consolidate?: string;
  options?: Series['options'];
}

/** A series of its own: path expression and tags come from its name unless given. */
export function createSeries(fields: NewSeries): Series {
  return {
    ...fields,
    pathExpression: fields.pathExpression ?? fields.name,
    tags: fields.tags ?? tagsOfName(fields.name),
    consolidate: fields.consolidate ?? 'average',
  } as Series;
}

/** A column of missing points. */
export function missing(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN);
}
