// [{"target":…,"tags":{…},"datapoints":[[value|null,time],…]}], infinities as 1e9999: Graphite's JSON.
import type { Series } from '../series.ts';
import type { FormatOptions, RenderFormat } from './format.ts';
import { JsonWriter } from './json-writer.ts';

const hasValues = ({ values }: Series): boolean => !values.every((value) => Number.isNaN(value));

function* encode(list: readonly Series[], options: FormatOptions): Generator<Uint8Array> {
  const writer = new JsonWriter(options.blocks);
  const noNulls = options.noNullPoints;
  const timeZeros = options.timeZeros ?? 0;
  const newLine = options.pretty ? '\n' : '';
  let isFirstSeries = true;
  writer.text('[');
  for (const series of list) {
    if (noNulls && !hasValues(series)) continue;
    const { name, tags, values, start, step } = series;
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
