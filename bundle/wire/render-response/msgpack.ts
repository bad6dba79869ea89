// /render as graphite-web's msgpack: an array of maps; fields in graphite-web-series.ts.
import { decodeMsgpack, MsgpackWriter } from '../msgpack.ts';
import { noBytes, type RenderedSeries, type RenderResponseFormat } from './format.ts';
import { seriesListOf, valuesPerPoint } from './graphite-web-series.ts';

function encode(list: readonly RenderedSeries[]): Buffer {
  let bytesExpected = 0;
  for (const { values } of list) bytesExpected += values.length * 9 + 512;
  const writer = new MsgpackWriter(bytesExpected);
  for (const series of list) write(writer, series);
  return writer.finish();
}

function write(writer: MsgpackWriter, series: RenderedSeries): void {
  writer.map(9);
  writer.string('name');
  writer.string(series.name);
  writer.string('start');
  writer.int(series.startTime);
  writer.string('end');
  writer.int(series.stopTime);
  writer.string('step');
  writer.int(series.stepTime);
  writer.string('values');
  writer.points(series.values);
  writer.string('pathExpression');
  writer.string(series.pathExpression);
  writer.string('valuesPerPoint');
  writer.int(valuesPerPoint);
  writer.string('consolidationFunc');
  writer.string(series.consolidationFunc);
  writer.string('xFilesFactor');
  writer.double(series.xFilesFactor);
}

export const renderResponseMsgpack: RenderResponseFormat = {
  names: ['msgpack'],
  contentType: 'application/x-msgpack',
  allowsEmpty: true,
  // An array begins with its length.
  needsCount: true,
  head(seriesCount) {
    const writer = new MsgpackWriter(8);
    writer.array(seriesCount);
    return writer.finish();
  },
  piece: encode,
  tail: () => noBytes,
  decode: (bytes) => seriesListOf(decodeMsgpack(bytes)),
};
