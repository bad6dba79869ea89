// The panel type piechart: shares of a whole, as a ring or a disc, with a list of names and figures.
import { asText, at } from '../model/json.ts';
import { formatValue } from '../model/units.ts';
import { fill, h, svg } from '../ui/dom.ts';
import { type CreateRenderer, drawnSeries, reduced, reducerOf } from './renderer.ts';

const slicesMax = 30;

function slicePath(from: number, to: number, hole: number): string {
  const point = (share: number, radius: number): string => {
    const angle = (share - 0.25) * 2 * Math.PI;
    return `${(50 + radius * Math.cos(angle)).toFixed(3)} ${(50 + radius * Math.sin(angle)).toFixed(3)}`;
  };
  // A whole circle has no angle: it is drawn almost closed.
  const end = Math.min(to, from + 0.9999);
  const isLong = end - from > 0.5 ? 1 : 0;
  const inner =
    hole === 0
      ? 'L 50 50'
      : `L ${point(end, hole)} A ${hole} ${hole} 0 ${isLong} 0 ${point(from, hole)}`;
  return `M ${point(from, 48)} A 48 48 0 ${isLong} 1 ${point(end, 48)} ${inner} Z`;
}

export const createPie: CreateRenderer = (host) => {
  const body = h('div', { class: 'pie' });
  host.element.append(body);
  return {
    update(data) {
      const slices = drawnSeries(data)
        .slice(0, slicesMax)
        .map((one) => ({ one, value: Math.max(0, reduced(one, reducerOf(data.panel)) ?? 0) }));
      const total = slices.reduce((sum, { value }) => sum + value, 0);
      const hole = asText(at(data.panel.options, 'pieType'), 'pie') === 'donut' ? 28 : 0;
      const share = (value: number): number => (total === 0 ? 0 : value / total);
      let from = 0;
      const paths = slices.map(({ one, value }) => {
        const to = from + share(value);
        const path = svg('path', { d: slicePath(from, to, hole), fill: one.color, class: 'slice' });
        from = to;
        return path;
      });
      const text = ({ one, value }: (typeof slices)[number]): string =>
        `${formatValue(value, one.field.unit, one.field.decimals)} (${Math.round(share(value) * 100)}%)`;
      const names = slices.map((slice) => `${slice.one.name} ${text(slice)}`).join(', ');
      const rows = slices.map((slice) => {
        const mark = h('span', { class: 'swatch' });
        mark.style.backgroundColor = slice.one.color;
        return h(
          'li',
          {},
          mark,
          h('span', { class: 'legend-text' }, slice.one.name),
          h('b', {}, text(slice)),
        );
      });
      const picture = svg(
        'svg',
        { viewBox: '0 0 100 100', role: 'img', 'aria-label': names },
        ...paths,
      );
      fill(
        body,
        picture,
        h('ul', { class: 'pie-legend', tabindex: 0, 'aria-label': 'Legend' }, ...rows),
      );
    },
    destroy: () => body.remove(),
  };
};
