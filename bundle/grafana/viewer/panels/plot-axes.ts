// The axes of a plot: units on the values, times below, colors of the theme.
import uPlot from 'uplot';
import type { Field } from '../model/field.ts';
import { formatTicks, formatValue } from '../model/units.ts';

const binaryUnits = new Set([
  'bytes',
  'bits',
  'kbytes',
  'mbytes',
  'gbytes',
  'tbytes',
  'binBps',
  'KiBs',
  'MiBs',
  'binbps',
]);
const binarySteps = Array.from({ length: 64 }, (_, power) => 2 ** power);

export interface PlotTheme {
  text: string;
  grid: string;
  font: string;
}

/** Colors and font of axes, from the style sheet. */
export function themeOf(element: HTMLElement): PlotTheme {
  const style = getComputedStyle(element);
  return {
    text: style.getPropertyValue('--text-soft').trim() || '#888',
    grid: style.getPropertyValue('--grid').trim() || '#8882',
    font: `11px ${style.fontFamily}`,
  };
}

/** The axis of values on one side, as wide as its labels. */
export function valueAxis(scale: string, field: Field, theme: PlotTheme): uPlot.Axis {
  const widthOf = (plot: uPlot, texts: readonly string[]): number => {
    plot.ctx.save();
    plot.ctx.font = theme.font;
    const width = Math.max(0, ...texts.map((text) => plot.ctx.measureText(text).width));
    plot.ctx.restore();
    return width;
  };
  return {
    scale,
    side: scale === 'right' ? 1 : 3,
    stroke: theme.text,
    font: theme.font,
    gap: 6,
    space: 28,
    grid: { show: scale === 'left', stroke: theme.grid, width: 1 },
    ticks: { show: false },
    size: (plot, values) => Math.ceil(widthOf(plot, values ?? [])) + 14,
    // On a logarithmic axis most ticks are null: lines without a label.
    values: (_plot, splits: (number | null)[]) => {
      const named = splits.filter((split) => split !== null);
      const texts = field.isLogarithmic
        ? named.map((value) => formatValue(value, field.unit, field.decimals))
        : formatTicks(named, field.unit, field.decimals);
      return splits.map((split) => (split === null ? '' : (texts.shift() ?? '')));
    },
    ...(binaryUnits.has(field.unit) ? { incrs: binarySteps } : {}),
    ...(field.axisLabel === ''
      ? {}
      : { label: field.axisLabel, labelSize: 18, labelFont: theme.font, labelGap: 0 }),
  };
}

const pad = (n: number): string => String(n).padStart(2, '0');

/** Labels of the time axis: the day, the hour or the second, as the step asks for. */
export function timeLabels(
  splits: number[],
  stepSeconds: number,
  spanSeconds: number,
  isUtc: boolean,
) {
  return splits.map((seconds) => {
    const date = isUtc
      ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC')
      : new Date(seconds * 1000);
    const day = `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
    const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
    if (stepSeconds >= 28 * 86_400) return `${date.getFullYear()}-${pad(date.getMonth() + 1)}`;
    if (stepSeconds >= 86_400) return day;
    if (stepSeconds < 60) return `${clock}:${pad(date.getSeconds())}`;
    return spanSeconds > 86_400 ? (clock === '00:00' ? day : clock) : clock;
  });
}
