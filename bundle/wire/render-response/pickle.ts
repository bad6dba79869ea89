// /render as graphite-web's pickle: a list of dicts; fields in graphite-web-series.ts.
import { decodePickle, PickleWriter } from '../pickle.ts';
import type { RenderedSeries, RenderResponseFormat } from './format.ts';
import { seriesListOf } from './graphite-web-series.ts';

function encode(series: RenderedSeries): Buffer {
  const writer = new PickleWriter(series.values.length * 9 + 512);
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
  writer.string('consolidationFunc');
  writer.string(series.consolidationFunc);
  writer.string('xFilesFactor');
  writer.float(series.xFilesFactor);
  writer.closePairs();
  return writer.finish();
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
