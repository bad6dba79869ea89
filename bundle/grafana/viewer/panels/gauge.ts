// The panel types gauge (an arc) and bargauge (bars): how far a figure is between min and max.
import { colorOf } from '../model/colors.ts';
import { mappingOf } from '../model/field.ts';
import { asText, at } from '../model/json.ts';
import { formatValue } from '../model/units.ts';
import { fill, h, svg } from '../ui/dom.ts';
import {
  type CreateRenderer,
  type DrawnSeries,
  drawnSeries,
  reduced,
  reducerOf,
} from './renderer.ts';
import { figureColor, paintFigure } from './stat.ts';

const seriesMax = 100;

interface Scale {
  min: number;
  max: number;
}

/** min and max of the field; without a max the largest figure is the full bar. */
function scaleFor(one: DrawnSeries, figures: (number | null)[]): Scale {
  const isShare = one.field.unit === 'percentunit';
  const min = one.field.min ?? 0;
  const largest = Math.max(...figures.map((figure) => figure ?? 0), min);
  const fallback = one.field.unit === 'percent' ? 100 : isShare ? 1 : largest;
  const max = one.field.max ?? fallback;
  return { min, max: max > min ? max : min + 1 };
}

const shareOf = (value: number | null, { min, max }: Scale): number =>
  value === null ? 0 : Math.min(Math.max((value - min) / (max - min), 0), 1);

const textOf = ({ field }: DrawnSeries, value: number | null): string =>
  mappingOf(field, value)?.text ??
  (value === null && field.noValue !== ''
    ? field.noValue
    : formatValue(value, field.unit, field.decimals));

const [startAngle, sweep] = [-210, 240];

function arcPath(radius: number, from: number, to: number): string {
  const point = (share: number): string => {
    const angle = ((startAngle + sweep * share) * Math.PI) / 180;
    return `${(50 + radius * Math.cos(angle)).toFixed(3)} ${(50 + radius * Math.sin(angle)).toFixed(3)}`;
  };
  const isLong = (to - from) * sweep > 180 ? 1 : 0;
  return `M ${point(from)} A ${radius} ${radius} 0 ${isLong} 1 ${point(to)}`;
}

function arc(path: string, color: string, width: number): SVGElement {
  return svg('path', { d: path, fill: 'none', stroke: color, 'stroke-width': width });
}

function gaugeTile(one: DrawnSeries, value: number | null, scale: Scale, showsName: boolean) {
  const color = figureColor(one, value);
  const share = shareOf(value, scale);
  const ring = one.field.thresholds
    .filter(({ value: from }) => from === null || from < scale.max)
    .map((step, index, steps) => {
      const end = steps[index + 1]?.value ?? scale.max;
      return arc(
        arcPath(46.5, shareOf(step.value ?? scale.min, scale), shareOf(end, scale)),
        colorOf(step.color),
        2,
      );
    });
  const picture = svg(
    'svg',
    {
      viewBox: '0 0 100 80',
      class: 'gauge',
      role: 'img',
      'aria-label': `${one.name}: ${textOf(one, value)}`,
    },
    arc(arcPath(39, 0, 1), 'var(--track)', 10),
    ...(share > 0.001 ? [arc(arcPath(39, 0, share), color, 10)] : []),
    ...(ring.length > 1 ? ring : []),
  );
  const text = svg('text', {
    x: 50,
    y: 56,
    'text-anchor': 'middle',
    class: 'gauge-figure',
  });
  text.textContent = textOf(one, value);
  paintFigure(text, color);
  picture.append(text);
  return h(
    'div',
    { class: 'gauge-tile' },
    picture as unknown as Node,
    showsName ? h('div', { class: 'stat-name' }, one.name) : null,
  );
}

export const createGauge: CreateRenderer = (host) => {
  const body = h('div', { class: 'stat-tiles' });
  host.element.append(body);
  return {
    update(data) {
      const drawn = drawnSeries(data).slice(0, seriesMax);
      const figures = drawn.map((one) => reduced(one, reducerOf(data.panel)));
      const tiles = drawn.map((one, index) =>
        gaugeTile(one, figures[index] ?? null, scaleFor(one, figures), drawn.length > 1),
      );
      fill(body, ...tiles);
    },
    destroy: () => body.remove(),
  };
};

export const createBarGauge: CreateRenderer = (host) => {
  const body = h('div', { class: 'bars', tabindex: 0, role: 'group' });
  host.element.append(body);
  return {
    update(data) {
      const drawn = drawnSeries(data).slice(0, seriesMax);
      const figures = drawn.map((one) => reduced(one, reducerOf(data.panel)));
      body.setAttribute('aria-label', data.panel.title || 'Bars');
      const isVertical = asText(at(data.panel.options, 'orientation')) === 'vertical';
      body.classList.toggle('vertical', isVertical);
      const rows = drawn.map((one, index) => {
        const value = figures[index] ?? null;
        const color = figureColor(one, value);
        const bar = h('div', { class: 'bar' });
        const length = `${(shareOf(value, scaleFor(one, figures)) * 100).toFixed(2)}%`;
        if (isVertical) bar.style.height = length;
        else bar.style.width = length;
        bar.style.backgroundColor = color === 'currentColor' ? one.color : color;
        const figure = h('b', {}, textOf(one, value));
        paintFigure(figure, color);
        return h(
          'div',
          { class: 'bar-row' },
          h('span', { class: 'bar-name', title: one.name }, one.name),
          h('div', { class: 'bar-track' }, bar),
          figure,
        );
      });
      fill(body, ...rows);
    },
    destroy: () => body.remove(),
  };
};
