// [{"target":…,"tags":{…},"datapoints":[[value|null,time],…]}], infinities as 1e9999: Graphite's JSON.
import type { Series } from '../series.ts';
import type { RenderFormat } from './format.ts';

const numberText = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'null';
  return value > 0 ? '1e9999' : '-1e9999';
};

function pointsOf({ values, start, step }: Series, noNulls: boolean): string {
  let text = '';
  let time = start;
  for (let i = 0; i < values.length; i++, time += step) {
    const value = values[i] as number;
    if (noNulls && Number.isNaN(value)) continue;
    text += `${text === '' ? '[' : ',['}${numberText(value)},${time}]`;
  }
  return text;
}

export const json: RenderFormat = {
  names: ['json'],
  contentType: 'application/json',
  consolidates: true,
  encode: (list, { noNullPoints, pretty }) => {
    let text = '';
    for (const series of list) {
      const points = pointsOf(series, noNullPoints);
      if (noNullPoints && points === '') continue;
      const head = `{"target":${JSON.stringify(series.name)},"tags":${JSON.stringify(series.tags)},"datapoints":[`;
      text += `${text === '' ? '' : ','}${pretty ? '\n' : ''}${head}${points}]}`;
    }
    return `[${text}${pretty ? '\n' : ''}]`;
  },
};
