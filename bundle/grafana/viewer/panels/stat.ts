// The panel type stat: one large figure a series, with its line behind it.
import { colorOf, inkOn, withOpacity } from '../model/colors.ts';
import { mappingOf, thresholdColor } from '../model/field.ts';
import { asText, at } from '../model/json.ts';
import type { Series } from '../model/series.ts';
import type { TimeRange } from '../model/time-range.ts';
import { formatParts } from '../model/units.ts';
import { fill, h, svg } from '../ui/dom.ts';
import {
  type CreateRenderer,
  type DrawnSeries,
  drawnSeries,
  reduced,
  reducerOf,
} from './renderer.ts';

const tilesMax = 60;

/** The color of a figure: its mapping's, its threshold's, a fixed one, or the text's. */
export function figureColor(one: DrawnSeries, value: number | null): string {
  const mapped = mappingOf(one.field, value)?.color;
  if (mapped !== undefined) return colorOf(mapped);
  if (one.field.color !== '' && one.field.color !== 'thresholds') return colorOf(one.field.color);
  return colorOf(thresholdColor(one.field, value) ?? 'text');
}

/** Colors a figure so that it can be read in both themes (see .figure in viewer.css). */
export function paintFigure(element: HTMLElement | SVGElement, color: string): void {
  if (color === 'currentColor') return;
  element.classList.add('figure');
  element.style.setProperty('--figure', color);
}

function sparkline({ times, values }: Series, range: TimeRange, color: string): SVGElement {
  const points = values.flatMap((value, index) =>
    value === null ? [] : [[times[index] as number, value] as const],
  );
  const [least, most] = [
    Math.min(...points.map(([, y]) => y)),
    Math.max(...points.map(([, y]) => y)),
  ];
  const [first, last] = [range.fromMs / 1000, range.toMs / 1000];
  const toX = (x: number): string => (((x - first) / (last - first || 1)) * 100).toFixed(2);
  const toY = (y: number): string => (38 - ((y - least) / (most - least || 1)) * 34).toFixed(2);
  const line = points.map(([x, y]) => `${toX(x)},${toY(y)}`).join(' ');
  return svg(
    'svg',
    {
      viewBox: '0 0 100 40',
      preserveAspectRatio: 'none',
      class: 'sparkline',
      'aria-hidden': 'true',
    },
    svg('polygon', {
      points: `${toX(points[0]?.[0] ?? 0)},40 ${line} ${toX(points.at(-1)?.[0] ?? 0)},40`,
      fill: withOpacity(color, 0.16),
    }),
    svg('polyline', {
      points: line,
      fill: 'none',
      stroke: color,
      'vector-effect': 'non-scaling-stroke',
    }),
  );
}

export const createStat: CreateRenderer = (host) => {
  const body = h('div', { class: 'stat-tiles' });
  host.element.append(body);
  return {
    update(data) {
      const { panel } = data;
      const reducer = reducerOf(panel);
      const colorMode = asText(at(panel.options, 'colorMode'), 'value');
      const hasLine = asText(at(panel.options, 'graphMode'), 'area') === 'area';
      const textMode = asText(at(panel.options, 'textMode'), 'auto');
      const drawn = drawnSeries(data).slice(0, tilesMax);
      const showsName =
        textMode === 'name' ||
        textMode === 'value_and_name' ||
        (textMode === 'auto' && drawn.length > 1);
      const tiles = drawn.map((one) => {
        const value = reduced(one, reducer);
        const color = figureColor(one, value);
        const { prefix, text, suffix } = formatParts(value, one.field.unit, one.field.decimals);
        const mapped =
          mappingOf(one.field, value)?.text ?? (value === null ? one.field.noValue : '');
        const isBackground = colorMode.startsWith('background') && color !== 'currentColor';
        const lineColor = isBackground
          ? inkOn(color)
          : color === 'currentColor'
            ? one.color
            : color;
        const hasPoints = one.series.values.filter((point) => point !== null).length > 1;
        const figure = h(
          'div',
          { class: 'stat-figure' },
          textMode === 'name'
            ? one.name
            : mapped || h('span', {}, prefix, text, h('small', {}, suffix)),
        );
        const tile = h(
          'div',
          { class: `stat-tile${isBackground ? ' filled' : ''}` },
          hasLine && hasPoints ? sparkline(one.series, data.range, lineColor) : null,
          showsName && textMode !== 'name' ? h('div', { class: 'stat-name' }, one.name) : null,
          textMode === 'none' ? null : figure,
        );
        if (isBackground) {
          tile.style.backgroundColor = color;
          tile.style.color = inkOn(color);
        } else if (colorMode !== 'none') paintFigure(figure, color);
        return tile;
      });
      body.classList.toggle('tall', asText(at(panel.options, 'orientation')) === 'horizontal');
      fill(body, ...tiles);
    },
    destroy: () => body.remove(),
  };
};
