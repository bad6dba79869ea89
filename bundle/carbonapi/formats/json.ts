// [{"target":…,"tags":{…},"datapoints":[[value|null,time],…]}], infinities as 1e9999: Graphite's JSON.
import type { Series } from '../series.ts';
import type { FormatOptions, RenderFormat } from './format.ts';
import { JsonWriter } from './json-writer.ts';

const hasValues = (values: Float64Array): boolean => !values.every((value) => Number.isNaN(value));

/** The values up to the end of the series: a function may have more of them, which Graphite cuts off. */
function shownValues({ values, start, end, step }: Series): Float64Array {
  const count = Math.max(0, Math.floor((end - start) / step) + 1);
  return count < values.length ? values.subarray(0, count) : values;
}

function* encode(list: readonly Series[], options: FormatOptions): Generator<Uint8Array> {
  const writer = new JsonWriter(options.blocks);
  const noNulls = options.noNullPoints;
  const timeZeros = options.timeZeros ?? 0;
  const newLine = options.pretty ? '\n' : '';
  let isFirstSeries = true;
  writer.text('[');
  // Graphite leaves out series that have no points at all unless another one has.
  const shown = list.some(({ values }) => values.length > 0) ? list : [];
  for (const series of shown) {
    const { name, tags, start, step } = series;
    const values = shownValues(series);
    if (noNulls && !hasValues(values)) continue;
    const comma = isFirstSeries ? '' : ',';
    isFirstSeries = false;
    writer.text(
      `${comma}${newLine}{"target":${JSON.stringify(name)},"tags":${JSON.stringify(tags)},"datapoints":[`,
    );
    let written = 0;
    const progress = { isFirst: true, noNulls, timeZeros };
    while (written < values.length) {
      written = writer.points(values, start, step, written, progress);
      if (writer.isFull) yield writer.takeChunk();
    }
    writer.text(']}');
    if (writer.isFull) yield writer.takeChunk();
  }
  writer.text(`${newLine}]`);
  yield writer.takeChunk();
}

export const json: RenderFormat = {
  names: ['json'],
  contentType: 'application/json',
  consolidates: true,
  encode,
};
