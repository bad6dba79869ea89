// Graphs as images. PNG differs from SVG by a last step, which takes another thread: http/render.ts.
import { drawSvg } from '../drawing/index.ts';
import type { RenderFormat } from './format.ts';

export const svg: RenderFormat = {
  names: ['svg'],
  contentType: 'image/svg+xml',
  consolidates: false,
  image: 'svg',
  encode: (list, options) => [drawSvg(list, options)],
};

export const png: RenderFormat = { ...svg, names: ['png'], contentType: 'image/png', image: 'png' };
