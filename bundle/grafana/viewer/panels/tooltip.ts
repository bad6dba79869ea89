// The box beside the pointer with the values at one time.
import type { MetricEvent } from '../api.ts';
import { mappingOf } from '../model/field.ts';
import { asText, at } from '../model/json.ts';
import { formatTime } from '../model/time-range.ts';
import { formatValue } from '../model/units.ts';
import { fill, h } from '../ui/dom.ts';
import type { Hover, Plot } from './chart-plot.ts';
import type { DrawnSeries, PanelData } from './renderer.ts';

export interface Tooltip {
  element: HTMLElement;
  show(hover: Hover, plot: Plot, data: PanelData, drawn: DrawnSeries[], shown: number[]): void;
  hide(): void;
}

const rowsMax = 20;

function formatMoment(seconds: number, isUtc: boolean): string {
  if (!isUtc) return formatTime(seconds * 1000);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The newest value at or before `index` within the series' own step. */
function valueAt(column: (number | null | undefined)[], index: number): number | null {
  for (let at = index; at >= 0 && at > index - 200; at--) {
    const value = column[at];
    if (value !== undefined) return value;
  }
  return null;
}

function eventsNear(data: PanelData, seconds: number): MetricEvent[] {
  const reachMs = (data.range.toMs - data.range.fromMs) / 150;
  return data.events.filter(({ atMs }) => Math.abs(atMs - seconds * 1000) <= reachMs).slice(0, 3);
}

export function createTooltip(): Tooltip {
  const element = h('div', { class: 'tooltip', role: 'status', hidden: true });
  return {
    element,
    hide() {
      element.hidden = true;
    },
    show(hover, plot, data, drawn, shown) {
      const seconds = plot.times[hover.index] ?? 0;
      const mode = asText(at(data.panel.options, 'tooltip', 'mode'), 'multi');
      if (mode === 'none') return;
      const sort = asText(at(data.panel.options, 'tooltip', 'sort'), 'none');
      let rows = shown.map((index) => ({
        index,
        one: drawn[index] as DrawnSeries,
        value: valueAt(plot.columns[index] ?? [], hover.index),
      }));
      if (mode === 'single' && hover.nearest >= 0)
        rows = rows.filter(({ index }) => index === hover.nearest);
      if (sort !== 'none' || rows.length > rowsMax) {
        const sign = sort === 'asc' ? 1 : -1;
        rows.sort((a, b) => sign * ((a.value ?? -Infinity) - (b.value ?? -Infinity)));
      }
      const left = rows.length - rowsMax;
      fill(
        element,
        h('div', { class: 'tooltip-time' }, formatMoment(seconds, data.isUtc)),
        ...eventsNear(data, seconds).map((event) =>
          h(
            'div',
            { class: 'tooltip-event' },
            `${event.title}${event.text ? `: ${event.text}` : ''}`,
          ),
        ),
        ...rows.slice(0, rowsMax).map(({ index, one, value }) => {
          const mark = h('span', { class: 'swatch' });
          mark.style.backgroundColor = one.color;
          const text =
            mappingOf(one.field, value)?.text ??
            formatValue(value, one.field.unit, one.field.decimals);
          return h(
            'div',
            { class: `tooltip-row${index === hover.nearest ? ' nearest' : ''}` },
            mark,
            h('span', { class: 'tooltip-name' }, one.name),
            h('b', {}, text),
          );
        }),
        left > 0 ? h('div', { class: 'tooltip-rest' }, `and ${left} more`) : null,
      );
      element.hidden = false;
      const host = element.parentElement?.getBoundingClientRect();
      if (host === undefined) return;
      const { width, height } = element.getBoundingClientRect();
      let x = hover.left + 16;
      if (host.left + x + width > window.innerWidth - 8) x = hover.left - width - 16;
      if (host.left + x < 8) x = 8 - host.left;
      let y = hover.top - height / 2;
      y = Math.min(Math.max(y, 8 - host.top), window.innerHeight - host.top - height - 8);
      element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    },
  };
}
