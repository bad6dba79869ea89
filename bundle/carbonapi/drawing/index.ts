// Draws series as an SVG image; rasterize.ts makes a PNG of it.
import type { Series, TimeWindow } from '../series.ts';
import { drawGraph } from './graph.ts';
import { readDrawingParameters } from './parameters.ts';
import { drawPie } from './pie.ts';
import { element } from './svg.ts';

export { imageParameters } from './parameters.ts';
export { createRasterizer, type Rasterizer } from './rasterize.ts';

/** The fonts are metric twins: the layout holds with each. */
const fontFamily = "'DejaVu Sans', Verdana, sans-serif";

/** A complete SVG document of what the image parameters of a request ask for. */
export function drawSvg(
  list: readonly Series[],
  request: { parameters: URLSearchParams; window: TimeWindow; timeZone: string },
): string {
  const parameters = readDrawingParameters(request.parameters, request.timeZone);
  const { width, height, background, fontBold, fontItalic } = parameters;
  const inside =
    parameters.graphType === 'pie'
      ? drawPie(list, parameters)
      : drawGraph(list, request.window, parameters);
  const canvas = element('rect', {
    width,
    height,
    fill: background.css,
    'fill-opacity': background.alpha === 1 ? undefined : background.alpha,
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': fontFamily,
      'font-weight': fontBold ? 'bold' : undefined,
      'font-style': fontItalic ? 'italic' : undefined,
    },
    canvas + inside,
  )}\n`;
}
