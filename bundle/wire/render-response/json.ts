// /render as JSON, carbonserver's own: carbonapi_v2_pb spelled as JSON,
// {"metrics":[{"name":…,"startTime":…,"stopTime":…,"stepTime":…,"values":[…],"isAbsent":[…]}]}.
// Not the [[value, time]] lists of /render in carbonapi.
import { arrayIn, badJson, numberIn, objectOf, parseJsonObject, stringIn } from '../json-value.ts';
import type { RenderedSeries, RenderResponseFormat } from './format.ts';
import { emptySeries, putGaps, splitGaps } from './gaps.ts';

// JSON has no infinity; Graphite writes a number that every parser reads as one.
function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '1e9999';
  if (value === Number.NEGATIVE_INFINITY) return '-1e9999';
  return String(value);
}

function encode(series: RenderedSeries): string {
  const { values, absent } = splitGaps(series.values);
  let text = `{"name":${JSON.stringify(series.name)}`;
  text += `,"startTime":${series.startTime},"stopTime":${series.stopTime}`;
  text += `,"stepTime":${series.stepTime},"values":[`;
  for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ',') + numberText(values[i]!);
  text += '],"isAbsent":[';
  for (let i = 0; i < absent.length; i++)
    text += `${i === 0 ? '' : ','}${absent[i] === 1 ? 'true' : 'false'}`;
  return `${text}]}`;
}

export const renderResponseJson: RenderResponseFormat = {
  names: ['json'],
  contentType: 'application/json',
  allowsEmpty: false,
  needsCount: false,
  head: () => Buffer.from('{"metrics":['),
  piece: (list, isFirst) => Buffer.from((isFirst ? '' : ',') + list.map(encode).join(',')),
  tail: () => Buffer.from(']}'),
  decode: (bytes) =>
    arrayIn(parseJsonObject(bytes), 'metrics')
      .map(objectOf)
      .map((metric) => {
        const series = emptySeries();
        series.name = stringIn(metric, 'name');
        series.pathExpression = series.name;
        series.startTime = numberIn(metric, 'startTime');
        series.stopTime = numberIn(metric, 'stopTime');
        series.stepTime = numberIn(metric, 'stepTime');
        series.values = Float64Array.from(arrayIn(metric, 'values'), (value) => {
          if (typeof value !== 'number') throw badJson('"values" has something but numbers');
          return value;
        });
        putGaps(
          series.values,
          arrayIn(metric, 'isAbsent').map((flag) => flag === true),
        );
        return series;
      }),
};
