// Lines, bars and stacks over time: turns drawn series into one uPlot and listens to the pointer.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { withOpacity } from '../model/colors.ts';
import type { Field } from '../model/field.ts';
import { themeOf, timeLabels, valueAxis } from './plot-axes.ts';
import { type Column, isMostlyNegative, isStacked, lonePoints, prepare } from './plot-columns.ts';
import { drawEvents, drawThresholds } from './plot-marks.ts';
import type { DrawnSeries, PanelData } from './renderer.ts';

export interface Hover {
  /** Index into the times of the plot. */
  index: number;
  /** Where the pointer is, from the left and top of the plot's element. */
  left: number;
  top: number;
  /** Series the pointer is nearest to, or -1. */
  nearest: number;
}

export interface PlotOptions {
  element: HTMLElement;
  data: PanelData;
  drawn: DrawnSeries[];
  isVisible(index: number): boolean;
  crosshairKey: string | undefined;
  onZoom(fromMs: number, toMs: number): void;
  /** undefined: the pointer has left. */
  onHover(hover: Hover | undefined): void;
}

export interface Plot {
  times: number[];
  /** What the series are at each time, before stacking. */
  columns: (number | null | undefined)[][];
  setData(data: PanelData, drawn: DrawnSeries[]): void;
  setSize(): void;
  /** Moves the crosshair by points, for the keyboard. */
  step(by: number): void;
  destroy(): void;
}

/** Fills between a stacked series and the one below it. */
function stackBands(drawn: DrawnSeries[], raw: Column[], isVisible: (i: number) => boolean) {
  const below = new Map<string, number>();
  const bands: uPlot.Band[] = [];
  drawn.forEach((one, index) => {
    if (!isStacked(one) || !isVisible(index)) return;
    const isNegative = isMostlyNegative(raw[index] ?? []);
    const key = `${one.field.axis} ${one.field.stackGroup} ${isNegative}`;
    const lower = below.get(key);
    if (lower !== undefined)
      bands.push({ series: [index + 1, lower + 1], dir: isNegative ? 1 : -1 });
    below.set(key, index);
  });
  return bands;
}

const hexOf = (color: string): string => (color === 'currentColor' ? '#8d99ae' : color);

function gradient(plot: uPlot, color: string, opacity: number): CanvasGradient | string {
  const { top, height } = plot.bbox;
  if (!Number.isFinite(top) || height <= 0) return withOpacity(color, opacity);
  const fill = plot.ctx.createLinearGradient(0, top, 0, top + height);
  fill.addColorStop(0, withOpacity(color, opacity));
  fill.addColorStop(1, withOpacity(color, opacity * 0.12));
  return fill;
}

function pathsOf(field: Field): uPlot.Series.PathBuilder | undefined {
  const { bars, stepped, spline } = uPlot.paths;
  if (field.drawStyle === 'bars') return bars?.({ size: [0.8, 60], radius: 0.1 });
  if (field.lineInterpolation === 'stepAfter') return stepped?.({ align: 1 });
  if (field.lineInterpolation === 'stepBefore') return stepped?.({ align: -1 });
  if (field.lineInterpolation === 'smooth') return spline?.();
  return undefined;
}

const scaleOf = ({ field }: DrawnSeries): string => (field.axis === 'right' ? 'right' : 'left');

function seriesOptions(one: DrawnSeries, isVisible: boolean): uPlot.Series {
  const { field } = one;
  const color = hexOf(one.color);
  const opacity = field.fillOpacity / 100;
  const isPoints = field.drawStyle === 'points';
  const paths = isPoints ? () => null : pathsOf(field);
  const fill =
    opacity > 0 && !isPoints
      ? field.hasGradient
        ? (plot: uPlot) => gradient(plot, color, opacity)
        : withOpacity(color, opacity)
      : undefined;
  const showsAll = isPoints || field.showPoints === 'always';
  return {
    label: one.name,
    scale: scaleOf(one),
    show: isVisible && !field.isHidden,
    stroke: color,
    width: field.lineWidth,
    spanGaps: field.spanNulls === true,
    ...(fill === undefined ? {} : { fill }),
    ...(field.dash.length > 0 ? { dash: field.dash } : {}),
    ...(paths === undefined ? {} : { paths }),
    points: {
      show: true,
      size: showsAll ? field.pointSize : Math.max(4, field.lineWidth * 2.5),
      fill: color,
      width: 0,
      ...(showsAll
        ? {}
        : {
            filter: (plot, index) => {
              const lone = lonePoints(plot.data[index] as Column);
              return field.spanNulls === true && lone.length > 1 ? [] : lone;
            },
          }),
    },
  };
}

/** Lowest and highest value shown, from the data and what the fields ask for. */
function rangeOf(drawn: DrawnSeries[], scale: string, least: number | null, most: number | null) {
  const own = drawn.filter((one) => scaleOf(one) === scale);
  const first = (pick: (field: Field) => number | undefined): number | undefined =>
    own.map(({ field }) => pick(field)).find((value) => value !== undefined);
  const [min, max] = [first((field) => field.min), first((field) => field.max)];
  const hasGround = own.some(({ field }) => field.fillOpacity > 0 || field.drawStyle === 'bars');
  let low = least ?? min ?? 0;
  let high = most ?? max ?? 1;
  const [softMin, softMax] = [first((field) => field.softMin), first((field) => field.softMax)];
  if (softMin !== undefined) low = Math.min(low, softMin);
  if (softMax !== undefined) high = Math.max(high, softMax);
  if (hasGround && low > 0) low = 0;
  if (hasGround && high < 0) high = 0;
  if (low === high) high = low === 0 ? 1 : low + Math.abs(low) * 0.1;
  const space = (high - low) * 0.08;
  const isPercent = own.some(({ field }) => field.stacking === 'percent');
  const bottom = min ?? (low === 0 || (low > 0 && low - space < 0) ? 0 : low - space);
  const top = max ?? (isPercent ? 100 : high === 0 ? 0 : high + space);
  return bottom < top
    ? ([bottom, top] as [number, number])
    : ([bottom, bottom + 1] as [number, number]);
}

/** The shown series whose line is nearest to the pointer, within reach. */
function nearestSeries(plot: uPlot, index: number, top: number): number {
  let [nearest, distance] = [-1, 40];
  for (let n = 1; n < plot.series.length; n++) {
    const value = plot.data[n]?.[index];
    if (value === null || value === undefined || !plot.series[n]?.show) continue;
    const away = Math.abs(plot.valToPos(value, plot.series[n]?.scale ?? 'left') - top);
    if (away < distance) [nearest, distance] = [n - 1, away];
  }
  return nearest;
}

/** Draws and keeps drawing until destroyed. */
export function createPlot(options: PlotOptions): Plot {
  const { element, isVisible } = options;
  let { data, drawn } = options;
  let prepared = prepare(drawn, isVisible);
  const theme = themeOf(element);
  const fields = drawn.map(({ field }) => field);
  const leftField = drawn.find((one) => scaleOf(one) === 'left')?.field;
  const rightField = drawn.find((one) => scaleOf(one) === 'right')?.field;
  const span = (): number => (data.range.toMs - data.range.fromMs) / 1000;
  let isInside = false;
  let isSteered = false;

  const tell = (plot: uPlot): void => {
    const { idx, left = -1, top = -1 } = plot.cursor;
    if ((!isInside && !isSteered) || idx === null || idx === undefined || left < 0) {
      options.onHover(undefined);
      return;
    }
    const offsetX = plot.over.offsetLeft;
    options.onHover({
      index: idx,
      left: left + offsetX,
      top: top + plot.over.offsetTop,
      nearest: nearestSeries(plot, idx, top),
    });
  };
  const valueScale = (scale: string, field: Field): uPlot.Scale => ({
    distr: field.isLogarithmic ? 3 : 1,
    range: field.isLogarithmic
      ? (_plot, min, max) => uPlot.rangeLog(min ?? 1, max ?? 10, 10, false)
      : (_plot, min, max) => rangeOf(drawn, scale, min, max),
  });
  const sizeOf = () => ({
    width: Math.max(element.clientWidth, 60),
    height: Math.max(element.clientHeight, 40),
  });
  const plot = new uPlot(
    {
      ...sizeOf(),
      padding: [8, rightField === undefined ? 10 : 0, 0, leftField?.axis === 'hidden' ? 8 : 0],
      legend: { show: false },
      ms: 1e-3,
      ...(data.isUtc
        ? { tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') }
        : {}),
      scales: {
        x: { time: true, range: () => [data.range.fromMs / 1000, data.range.toMs / 1000] },
        ...(leftField === undefined ? {} : { left: valueScale('left', leftField) }),
        ...(rightField === undefined ? {} : { right: valueScale('right', rightField) }),
      },
      axes: [
        {
          stroke: theme.text,
          font: theme.font,
          size: 26,
          gap: 6,
          space: 64,
          grid: { stroke: theme.grid, width: 1 },
          ticks: { show: false },
          values: (_plot, splits, _axis, _space, step) =>
            timeLabels(splits, step, span(), data.isUtc),
        },
        ...(leftField === undefined || leftField.axis === 'hidden'
          ? []
          : [valueAxis('left', leftField, theme)]),
        ...(rightField === undefined ? [] : [valueAxis('right', rightField, theme)]),
      ],
      series: [{}, ...drawn.map((one, index) => seriesOptions(one, isVisible(index)))],
      bands: stackBands(drawn, prepared.raw, isVisible),
      cursor: {
        y: false,
        points: { size: 8, width: 2 },
        drag: { x: true, y: false, setScale: false },
        ...(options.crosshairKey === undefined
          ? {}
          : { sync: { key: options.crosshairKey, setSeries: false, scales: ['x', null] } }),
      },
      hooks: {
        drawClear: [(self) => drawThresholds(self, fields)],
        draw: [(self) => drawEvents(self, data.events)],
        setCursor: [tell],
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width > 4) {
              const [from, to] = [left, left + width].map((x) => self.posToVal(x, 'x') * 1000);
              options.onZoom(from as number, to as number);
            }
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    [prepared.times, ...prepared.shown] as uPlot.AlignedData,
    element,
  );
  plot.over.addEventListener('mouseenter', () => {
    isInside = true;
    isSteered = false;
  });
  plot.over.addEventListener('dblclick', () => {
    const { fromMs, toMs } = data.range;
    const half = (toMs - fromMs) / 2;
    options.onZoom(fromMs - half, toMs + half);
  });
  plot.over.addEventListener('mouseleave', () => {
    isInside = false;
    options.onHover(undefined);
  });

  const result: Plot = {
    times: prepared.times,
    columns: prepared.raw,
    setData(nextData, nextDrawn) {
      [data, drawn] = [nextData, nextDrawn];
      prepared = prepare(drawn, isVisible);
      result.times = prepared.times;
      result.columns = prepared.raw;
      plot.setData([prepared.times, ...prepared.shown] as uPlot.AlignedData);
    },
    setSize: () => plot.setSize(sizeOf()),
    step(by) {
      isSteered = by !== 0;
      if (by === 0) return plot.setCursor({ left: -10, top: -10 });
      const last = prepared.times.length - 1;
      const from = plot.cursor.idx ?? (by > 0 ? -1 : last + 1);
      const index = Math.min(Math.max(from + by, 0), last);
      const left = plot.valToPos(prepared.times[index] ?? 0, 'x');
      plot.setCursor({ left, top: plot.over.clientHeight / 2 });
    },
    destroy: () => plot.destroy(),
  };
  return result;
}
