// A line graph as SVG: titles, axes, grid, curves, legend.
import { consolidateValues } from '../../points/consolidation.ts';
import type { Series, TimeWindow } from '../series.ts';
import { type Color, parseColor } from './color.ts';
import { areaPath, infinitePath, linePath, type Scale } from './curves.ts';
import { type LegendItem, makeLegend } from './legend.ts';
import type { DrawingParameters } from './parameters.ts';
import { element, line, textElement } from './svg.ts';
import { textWidth } from './text-width.ts';
import { timeLabels } from './x-axis.ts';
import { makeYAxis, type YAxis } from './y-axis.ts';

/** The rectangle of the curves, pixels. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The same once it is final, with the place of a time. */
interface Plot extends Box {
  x(time: number): number;
}

const yOf = (axis: YAxis, value: number, { top, bottom }: Box): number =>
  bottom - axis.position(value) * (bottom - top);

interface Curve {
  series: Series;
  color: Color;
  isArea: boolean;
  /** Where its area ends below: another curve's values, or the bottom. */
  below: Float64Array | undefined;
  /** Drawn as a line on top of its area, which lets others through. */
  outline: { series: Series; color: Color } | undefined;
  isRight: boolean;
  isInfinite: boolean;
  isInvisible: boolean;
}

const numberOption = (series: Series, name: string): number | undefined => {
  const value = Number(series.options?.[name] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
};

/** One point per pixel at most; nulls as zero where wanted. */
function prepare(series: Series, parameters: DrawingParameters): Series {
  let shown = series;
  const perPixel = Math.ceil(series.values.length / parameters.width);
  if (perPixel > 1) {
    const values = consolidateValues(series, perPixel);
    shown = { ...series, values, step: series.step * perPixel };
  }
  if (!parameters.drawNullAsZero) return shown;
  return { ...shown, values: shown.values.map((value) => (Number.isNaN(value) ? 0 : value)) };
}

/** `series` on top of what is stacked below it so far, which it becomes part of. */
function stackOn(
  series: Series,
  sums: Map<number, number>,
): { series: Series; below: Float64Array } {
  const below = new Float64Array(series.values.length);
  const values = series.values.map((value, i) => {
    const time = series.start + i * series.step;
    const floor = sums.get(time) ?? 0;
    below[i] = floor;
    if (Number.isNaN(value)) return value;
    sums.set(time, floor + value);
    return floor + value;
  });
  return { series: { ...series, values }, below };
}

/** The part of `series` above what was drawn so far, which it is added to: no area hides an earlier one. */
function aboveOthers(
  series: Series,
  tops: Map<number, number>,
): { series: Series; below: Float64Array | undefined } {
  const isFirst = tops.size === 0;
  const below = new Float64Array(series.values.length);
  const values = series.values.map((value, i) => {
    const time = series.start + i * series.step;
    const top = tops.get(time) ?? Number.NaN;
    below[i] = top;
    if (Number.isNaN(value) || value < top) return Number.isNaN(value) ? value : top;
    tops.set(time, value);
    return value;
  });
  return { series: { ...series, values }, below: isFirst ? undefined : below };
}

function makeCurves(list: readonly Series[], parameters: DrawingParameters): Curve[] {
  const { areaMode, areaAlpha, colors } = parameters;
  const sums = new Map<number, number>();
  const tops = new Map<number, number>();
  let previousStacked: Float64Array | undefined;
  let nextColor = 0;
  return list.map((original, index) => {
    let series = prepare(original, parameters);
    const named = parseColor(String(series.options?.['color'] ?? ''));
    const base = named ?? (colors[nextColor++ % colors.length] as Color);
    const isInfinite = series.options?.['drawAsInfinite'] === true;
    const isRight = series.options?.['secondYAxis'] === true;
    let below: Float64Array | undefined;
    let isArea = (areaMode === 'all' && !isInfinite) || (areaMode === 'first' && index === 0);
    if (series.options?.['stacked'] === true) {
      below = previousStacked;
      previousStacked = series.values;
      isArea = true;
    } else if (areaMode === 'stacked' && !isInfinite && !isRight) {
      ({ series, below } = stackOn(series, sums));
      isArea = true;
    }
    const line = series;
    if (areaMode === 'all' && isArea && !isRight && below === undefined)
      ({ series, below } = aboveOthers(series, tops));
    const alpha = numberOption(series, 'alpha') ?? (isArea ? areaAlpha : undefined);
    return {
      series,
      color: alpha === undefined ? base : { ...base, alpha },
      isArea,
      below,
      outline: isArea && areaAlpha !== undefined ? { series: line, color: base } : undefined,
      isRight,
      isInfinite,
      isInvisible: series.options?.['invisible'] === true,
    };
  });
}

function rangeOf(curves: readonly Curve[]): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { series, isInfinite } of curves) {
    if (isInfinite) continue;
    for (const value of series.values) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low, high };
}

function axisOf(curves: readonly Curve[], parameters: DrawingParameters, isRight: boolean): YAxis {
  const own = curves.filter((curve) => curve.isRight === isRight);
  const { low, high } = rangeOf(own);
  const fromZero = own.some(({ isArea }) => isArea) && low > 0 && parameters.areaMode === 'stacked';
  const { fontSize, height, logBase, unitSystem } = parameters;
  return makeYAxis(fromZero ? 0 : low, high, {
    ...(isRight ? parameters.right : parameters.left),
    divisions: Math.max(2, Math.min(6, Math.floor(height / (fontSize * 4)))),
    logBase,
    unitSystem,
  });
}

const labelsWidth = (axis: YAxis, fontSize: number): number =>
  Math.max(0, ...axis.labels.map(({ text }) => textWidth(text, fontSize)));

function drawCurve(curve: Curve, axis: YAxis, box: Plot, parameters: DrawingParameters): string {
  const { series, color, isArea, isInfinite } = curve;
  const scale: Scale = { x: box.x, y: (value) => yOf(axis, value, box) };
  const stroke = {
    fill: 'none',
    stroke: color.css,
    'stroke-opacity': color.alpha === 1 ? undefined : color.alpha,
    'stroke-width': numberOption(series, 'lineWidth') ?? parameters.lineWidth,
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round',
    'stroke-dasharray': numberOption(series, 'dashed'),
  };
  if (isInfinite) {
    const d = infinitePath(series, scale, box.top, box.bottom - box.top);
    return d === '' ? '' : element('path', { d, ...stroke });
  }
  const mode = parameters.lineMode;
  if (isArea) {
    // An area reaches down to zero, or to the end of an axis that does not show zero.
    const floor = Math.min(Math.max(0, axis.bottom), axis.top);
    const d = areaPath(series, curve.below ?? floor, scale, mode);
    const area = { d, fill: color.css, 'fill-opacity': color.alpha, stroke: 'none' };
    return element('path', area);
  }
  const d = linePath(series, scale, mode);
  return d === '' ? '' : element('path', { d, ...stroke });
}

function drawYAxis(
  axis: YAxis,
  box: Box,
  parameters: DrawingParameters,
  side: 'left' | 'right',
): string {
  const { fontSize, foreground } = parameters;
  const x = side === 'left' ? box.left - fontSize * 0.4 : box.right + fontSize * 0.4;
  return axis.labels
    .map(({ value, text }) => {
      const y = yOf(axis, value, box);
      return textElement(text, x, y + fontSize * 0.35, {
        size: fontSize,
        color: foreground,
        anchor: side === 'left' ? 'end' : 'start',
      });
    })
    .join('');
}

function drawGrid(axis: YAxis, times: readonly number[], box: Box, parameters: DrawingParameters) {
  const { majorGrid, minorGrid } = parameters;
  const faint = { ...majorGrid, alpha: majorGrid.alpha * 0.7 };
  let grid = '';
  axis.labels.forEach(({ value }, index) => {
    const y = yOf(axis, value, box);
    grid += line({ x: box.left, y }, { x: box.right, y }, faint, 0.6);
    const next = axis.labels[index + 1];
    if (next === undefined) return;
    const middle = yOf(axis, (value + next.value) / 2, box);
    const minor = { ...minorGrid, alpha: minorGrid.alpha * 0.5 };
    grid += line({ x: box.left, y: middle }, { x: box.right, y: middle }, minor, 0.4);
  });
  for (const x of times) grid += line({ x, y: box.top }, { x, y: box.bottom }, faint, 0.6);
  return grid;
}

/** The window that the graph shows: that of the series, or of the request when there are none. */
function shownWindow(list: readonly Series[], window: TimeWindow): TimeWindow {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const series of list) {
    if (series.values.length === 0) continue;
    start = Math.min(start, series.start);
    end = Math.max(end, series.start + (series.values.length - 1) * series.step);
  }
  return start < end ? { start, end } : window;
}

const isDrawable = ({ series }: Curve): boolean =>
  series.values.some((value) => !Number.isNaN(value));

function drawNothing({ width, height, fontSize }: DrawingParameters): string {
  return textElement('No Data', width / 2, height / 2, {
    size: Math.max(fontSize, Math.min(width / 8, 40)),
    color: { css: '#ff0000', alpha: 1 },
    anchor: 'middle',
  });
}

/** Draws titles and legend and takes their room from `box`. */
function drawFrame(curves: readonly Curve[], box: Box, parameters: DrawingParameters): string {
  const { title, leftTitle, rightTitle, fontSize, foreground: color, width } = parameters;
  const items: LegendItem[] = curves
    .filter(({ isInvisible }) => !isInvisible)
    .map(({ series, color, outline }) => ({
      name: series.name,
      color: outline?.color ?? color,
    }));
  const legend = makeLegend(items, parameters);
  box.bottom -= legend.height;
  let frame = legend.draw(box.bottom);
  if (title !== '') {
    const size = fontSize * 1.4;
    box.top += size * 1.3;
    const style = { size, color, anchor: 'middle' } as const;
    frame += textElement(title, width / 2, box.top - size * 0.5, style);
  }
  const style = { size: fontSize, color, anchor: 'middle' } as const;
  const middle = (box.top + box.bottom) / 2;
  if (leftTitle !== '') {
    box.left += fontSize * 1.6;
    const x = box.left - fontSize * 0.7;
    frame += textElement(leftTitle, x, middle, { ...style, rotate: -90 });
  }
  if (rightTitle !== '' && curves.some(({ isRight }) => isRight)) {
    box.right -= fontSize * 1.6;
    const x = box.right + fontSize * 0.7;
    frame += textElement(rightTitle, x, middle, { ...style, rotate: 90 });
  }
  return frame;
}

function drawCurves(
  curves: readonly Curve[],
  axes: { left: YAxis; right: YAxis | undefined },
  plot: Plot,
  parameters: DrawingParameters,
): string {
  const { left, right, top, bottom } = plot;
  const clip = element('rect', {
    x: left - 1,
    y: top - 1,
    width: right - left + 2,
    height: bottom - top + 2,
  });
  // Areas first, so that no line is hidden behind one.
  const outlines = curves.flatMap((curve): Curve[] =>
    curve.outline === undefined ? [] : [{ ...curve, ...curve.outline, isArea: false }],
  );
  const ordered = [
    ...curves.filter(({ isArea }) => isArea),
    ...curves.filter(({ isArea }) => !isArea),
    ...outlines,
  ];
  const drawn = ordered
    .filter(({ isInvisible }) => !isInvisible)
    .map((curve) =>
      drawCurve(curve, (curve.isRight ? axes.right : undefined) ?? axes.left, plot, parameters),
    );
  const inside = element('g', { 'clip-path': 'url(#plot)' }, drawn.join(''));
  return element('clipPath', { id: 'plot' }, clip) + inside;
}

/** The inside of the SVG, without its root element. */
export function drawGraph(
  list: readonly Series[],
  window: TimeWindow,
  parameters: DrawingParameters,
): string {
  const { width, height, fontSize, foreground, graphOnly, hideAxes, timeZone } = parameters;
  const curves = makeCurves(list, parameters);
  if (!curves.some(isDrawable)) return drawNothing(parameters);
  const margin = graphOnly ? 0 : parameters.margin;
  const box: Box = { left: margin, right: width - margin, top: margin, bottom: height - margin };
  const axes = {
    left: axisOf(curves, parameters, false),
    right: curves.some(({ isRight }) => isRight) ? axisOf(curves, parameters, true) : undefined,
  };
  const parts: string[] = graphOnly ? [] : [drawFrame(curves, box, parameters)];
  const showsX = !graphOnly && !hideAxes && !parameters.hideXAxis;
  const showsY = !graphOnly && !hideAxes && !parameters.hideYAxis;
  if (showsX) box.bottom -= fontSize * 1.6;
  if (showsY) {
    box.left += labelsWidth(axes.left, fontSize) + fontSize * 0.6;
    box.top += fontSize * 0.4;
    if (axes.right !== undefined) box.right -= labelsWidth(axes.right, fontSize) + fontSize * 0.6;
  }
  const shown = shownWindow(list, window);
  const perSecond = (box.right - box.left) / (shown.end - shown.start);
  const plot: Plot = { ...box, x: (time) => box.left + (time - shown.start) * perSecond };
  const labelsMax = Math.max(1, Math.floor((box.right - box.left) / (fontSize * 6)));
  const labels = timeLabels(shown, labelsMax, { timeZone, format: parameters.xFormat });
  const style = { size: fontSize, color: foreground, anchor: 'middle' } as const;
  if (showsX)
    for (const { time, text } of labels) {
      const x = plot.x(time);
      const half = textWidth(text, fontSize) / 2;
      if (x - half >= 0 && x + half <= width)
        parts.push(textElement(text, x, box.bottom + fontSize * 1.4, style));
    }
  if (showsY) {
    parts.push(drawYAxis(axes.left, box, parameters, 'left'));
    if (axes.right !== undefined) parts.push(drawYAxis(axes.right, box, parameters, 'right'));
  }
  const times = labels.map(({ time }) => plot.x(time));
  if (!graphOnly && !parameters.hideGrid) parts.push(drawGrid(axes.left, times, box, parameters));
  parts.push(drawCurves(curves, axes, plot, parameters));
  return parts.join('');
}
