// The formats in which servers hand series to each other (protobuf, pickle, msgpack), as answers to
// clients. Their bytes are made in wire.
import {
  type RenderResponseFormat,
  renderResponseFormats,
} from '../../wire/render-response/index.ts';
import type { Series } from '../series.ts';
import type { RenderFormat } from './format.ts';

function* encode(format: RenderResponseFormat, list: readonly Series[]): Generator<Uint8Array> {
  yield format.head(list.length);
  let isFirst = true;
  for (const series of list) {
    const { name, pathExpression, consolidate, start, end, step, xFilesFactor, values } = series;
    const rendered = {
      name,
      pathExpression,
      consolidationFunc: consolidate,
      startTime: start,
      stopTime: end,
      stepTime: step,
      xFilesFactor,
      values,
      requestStartTime: start,
      requestStopTime: end,
    };
    yield format.piece([rendered], isFirst);
    isFirst = false;
  }
  yield format.tail();
}

/** One for each format of wire but JSON, which clients expect in Graphite's own shape. */
export const exchangeFormats: readonly RenderFormat[] = renderResponseFormats
  .filter(({ names }) => !names.includes('json'))
  .map((format) => ({
    names: format.names,
    contentType: format.contentType,
    consolidates: false,
    encode: (list) => encode(format, list),
  }));
