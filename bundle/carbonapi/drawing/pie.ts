// A pie chart as SVG: one slice a series, sized by its average, maximum or minimum.
import type { Series } from '../series.ts';
import { type Color, parseColor } from './color.ts';
import { makeLegend } from './legend.ts';
import type { DrawingParameters } from './parameters.ts';
import { element, round, textElement } from './svg.ts';
import { valueLabel } from './value-labels.ts';

interface Slice {
  name: string;
  value: number;
  color: Color;
}

function valueOfSlice({ values }: Series, mode: DrawingParameters['pieMode']): number {
  const present = values.filter((value) => Number.isFinite(value));
  if (present.length === 0) return 0;
  if (mode === 'maximum') return present.reduce((a, b) => Math.max(a, b));
  if (mode === 'minimum') return present.reduce((a, b) => Math.min(a, b));
  return present.reduce((a, b) => a + b) / present.length;
}

function slicePath(center: { x: number; y: number }, radius: number, from: number, to: number) {
  const point = (angle: number): string =>
    `${round(center.x + radius * Math.sin(angle))},${round(center.y - radius * Math.cos(angle))}`;
  const middle = (from + to) / 2;
  // Two arcs, because one cannot go all the way round.
  const arc = (angle: number): string => `A${round(radius)},${round(radius)} 0 0 1 ${point(angle)}`;
  return `M${round(center.x)},${round(center.y)}L${point(from)}${arc(middle)}${arc(to)}Z`;
}

/** The inside of the SVG, without its root element. */
export function drawPie(list: readonly Series[], parameters: DrawingParameters): string {
  const { width, height, margin, fontSize, foreground, colors, valueLabels } = parameters;
  const slices: Slice[] = list.map((series, index) => ({
    name: series.name,
    value: Math.max(0, valueOfSlice(series, parameters.pieMode)),
    color:
      parseColor(String(series.options?.['color'] ?? '')) ??
      (colors[index % colors.length] as Color),
  }));
  const legend = makeLegend(slices, parameters);
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  const top = margin + (parameters.title === '' ? 0 : fontSize * 1.8);
  const bottom = height - margin - legend.height;
  const center = { x: width / 2, y: (top + bottom) / 2 };
  const radius = Math.max(1, Math.min(width - 2 * margin, bottom - top) / 2);
  const parts = [legend.draw(bottom)];
  if (parameters.title !== '')
    parts.push(
      textElement(parameters.title, width / 2, margin + fontSize * 1.2, {
        size: fontSize * 1.4,
        color: foreground,
        anchor: 'middle',
      }),
    );
  let angle = 0;
  const labels: string[] = [];
  for (const { value, color } of slices) {
    if (value === 0) continue;
    const share = value / total;
    const next = angle + share * 2 * Math.PI;
    const d = slicePath(center, radius, angle, next);
    parts.push(element('path', { d, fill: color.css, 'fill-opacity': color.alpha }));
    if (valueLabels !== 'none' && share > 0.03) {
      const middle = (angle + next) / 2;
      const text =
        valueLabels === 'percent'
          ? `${round(share * 100)}%`
          : valueLabel(value, value / 100, parameters.unitSystem);
      const x = center.x + radius * 0.6 * Math.sin(middle);
      const y = center.y - radius * 0.6 * Math.cos(middle);
      labels.push(
        textElement(text, x, y, {
          size: fontSize,
          color: { css: '#000000', alpha: 1 },
          anchor: 'middle',
        }),
      );
    }
    angle = next;
  }
  return parts.join('') + labels.join('');
}
