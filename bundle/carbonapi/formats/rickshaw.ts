// [{"target":…,"datapoints":[{"x":time,"y":value},…]}] for the Rickshaw library.
import type { RenderFormat } from './format.ts';
import { numberText } from './json-number.ts';

export const rickshaw: RenderFormat = {
  names: ['rickshaw'],
  contentType: 'application/json',
  consolidates: false,
  encode: (list) => {
    const series = list.map(({ name, start, end, step, values }) => {
      const points = Array.from(
        values.subarray(0, Math.max(0, Math.ceil((end - start) / step))),
        (value, i) => `{"x":${start + i * step},"y":${numberText(value)}}`,
      );
      return `{"target":${JSON.stringify(name)},"datapoints":[${points.join(',')}]}`;
    });
    return [`[${series.join(',')}]`];
  },
};
