// /render as graphite-web's pickle: a list of dicts; fields in graphite-web-series.ts.
import { decodePickle, PickleWriter } from '../pickle.ts';
import type { RenderedSeries, RenderResponseFormat } from './format.ts';
import { seriesListOf, valuesPerPoint } from './graphite-web-series.ts';

function encode(list: readonly RenderedSeries[]): Buffer {
  let bytesExpected = 0;
  for (const { values } of list) bytesExpected += values.length * 9 + 512;
  const writer = new PickleWriter(bytesExpected);
  for (const series of list) write(writer, series);
  return writer.finish();
}

function write(writer: PickleWriter, series: RenderedSeries): void {
  writer.dict();
  writer.openItems();
  writer.string('name');
  writer.string(series.name);
  writer.string('start');
  writer.int(series.startTime);
  writer.string('end');
  writer.int(series.stopTime);
  writer.string('step');
  writer.int(series.stepTime);
  writer.string('values');
  writer.list();
  writer.openItems();
  for (let i = 0; i < series.values.length; i++) writer.point(series.values[i]!);
  writer.closeItems();
  writer.string('pathExpression');
  writer.string(series.pathExpression);
  writer.string('valuesPerPoint');
  writer.int(valuesPerPoint);
  writer.string('consolidationFunc');
  writer.string(series.consolidationFunc);
  writer.string('xFilesFactor');
  writer.float(series.xFilesFactor);
  writer.closePairs();
}

const head = new PickleWriter(8);
head.begin();
head.list();
head.openItems();
const tail = new PickleWriter(8);
tail.closeItems();
tail.end();

export const renderResponsePickle: RenderResponseFormat = {
  names: ['pickle'],
  contentType: 'application/pickle',
  allowsEmpty: true,
  needsCount: false,
  head: () => head.finish(),
  piece: encode,
  tail: () => tail.finish(),
  decode: (bytes) => seriesListOf(decodePickle(bytes)),
};
