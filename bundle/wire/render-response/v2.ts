// /render as carbonapi_v2_pb. Field numbers of github.com/go-graphite/protocol carbonapi_v2_pb:
//
//   MultiFetchResponse 1 metrics: FetchResponse { 1 name  2 startTime  3 stopTime  4 stepTime
//                        5 values (packed doubles)  6 isAbsent (packed bools) }
//
// A gap is value 0 with isAbsent true.
import { ProtobufReader, ProtobufWriter } from '../protobuf.ts';
import { noBytes, type RenderedSeries, type RenderResponseFormat } from './format.ts';
import { emptySeries, putGaps, splitGaps } from './gaps.ts';

function encode(list: readonly RenderedSeries[]): Buffer {
  let bytesExpected = 0;
  for (const { values } of list) bytesExpected += values.length * 9 + 256;
  const writer = new ProtobufWriter(bytesExpected);
  for (const series of list) write(writer, series);
  return writer.finish();
}

function write(writer: ProtobufWriter, series: RenderedSeries): void {
  const { values, absent } = splitGaps(series.values);
  const mark = writer.open(1, values.byteLength + absent.length + 64);
  writer.string(1, series.name);
  writer.int(2, series.startTime);
  writer.int(3, series.stopTime);
  writer.int(4, series.stepTime);
  writer.doubles(5, values);
  writer.bools(6, absent);
  writer.close(mark);
}

function decodeSeries(reader: ProtobufReader): RenderedSeries {
  const series = emptySeries();
  const absent: boolean[] = [];
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) series.name = reader.string();
    else if (reader.field === 2) series.startTime = reader.int();
    else if (reader.field === 3) series.stopTime = reader.int();
    else if (reader.field === 4) series.stepTime = reader.int();
    else if (reader.field === 5) series.values = reader.doubles(series.values);
    else if (reader.field === 6) reader.bools(absent);
    else reader.skip();
  }
  reader.leave(outerEnd);
  series.pathExpression = series.name;
  putGaps(series.values, absent);
  return series;
}

export const renderResponseV2: RenderResponseFormat = {
  names: ['protobuf', 'protobuf3', 'carbonapi_v2_pb'],
  contentType: 'application/x-protobuf',
  allowsEmpty: false,
  needsCount: false,
  head: () => noBytes,
  piece: encode,
  tail: () => noBytes,
  decode(bytes) {
    const reader = new ProtobufReader(bytes);
    const list: RenderedSeries[] = [];
    while (reader.next()) {
      if (reader.field === 1) list.push(decodeSeries(reader));
      else reader.skip();
    }
    return list;
  },
};
