// The legend below a graph: coloured squares with names, in as many columns as fit.
import type { Color } from './color.ts';
import type { DrawingParameters } from './parameters.ts';
import { element, textElement } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';

export interface LegendItem {
  name: string;
  color: Color;
}

/** Graphs with more series show no legend unless asked to. */
const itemsShownMax = 10;

export interface Legend {
  /** Pixels it takes at the bottom. */
  height: number;
  draw(top: number): string;
}

const nothing: Legend = { height: 0, draw: () => '' };

/** Lays out `items` in the width of the image. */
export function makeLegend(items: readonly LegendItem[], parameters: DrawingParameters): Legend {
  const { hideLegend, uniqueLegend, fontSize, width, height, margin, foreground } = parameters;
  const names = new Set<string>();
  const shown = items.filter(({ name }) => {
    const isNew = !names.has(name);
    names.add(name);
    return name !== '' && (isNew || !uniqueLegend);
  });
  if (hideLegend ?? shown.length > itemsShownMax) return nothing;
  if (shown.length === 0) return nothing;
  const box = fontSize - 1;
  const gap = fontSize * 0.6;
  const room = width - 2 * margin;
  const widest = Math.max(...shown.map(({ name }) => textWidth(name, fontSize))) + box + 2 * gap;
  const columns = Math.max(1, Math.min(shown.length, Math.floor(room / widest)));
  const lineHeight = fontSize + 4;
  // A legend may take half of the image; what does not fit is left out.
  const rowsMax = Math.max(1, Math.floor(height / 2 / lineHeight));
  const rows = Math.min(rowsMax, Math.ceil(shown.length / columns));
  const columnWidth = room / columns;
  return {
    height: rows * lineHeight + gap,
    draw: (top) =>
      shown
        .slice(0, rows * columns)
        .map(({ name, color }, index) => {
          const x = margin + (index % columns) * columnWidth;
          const y = top + gap + Math.floor(index / columns) * lineHeight;
          const square = element('rect', {
            x,
            y,
            width: box,
            height: box,
            fill: color.css,
            'fill-opacity': color.alpha,
            stroke: foreground.css,
            'stroke-width': 0.5,
          });
          const text = fitText(name, fontSize, columnWidth - box - 2 * gap);
          const label = textElement(text, x + box + gap / 2, y + box - 1, {
            size: fontSize,
            color: foreground,
          });
          return square + label;
        })
        .join(''),
  };
}
