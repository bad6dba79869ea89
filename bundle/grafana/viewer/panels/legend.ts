// The legend of a chart: one button a series, with the figures the panel asks for.
import { mappingOf } from '../model/field.ts';
import { asText, asTexts, at } from '../model/json.ts';
import { calculate, calculationName } from '../model/series.ts';
import { formatValue } from '../model/units.ts';
import { h } from '../ui/dom.ts';
import type { DrawnSeries, PanelData } from './renderer.ts';

export interface LegendOptions {
  data: PanelData;
  drawn: DrawnSeries[];
  isVisible(index: number): boolean;
  /** A click shows this series alone (and all again); with Ctrl or Shift it hides and shows it. */
  onChoose(index: number, isAdding: boolean): void;
}

function swatch(color: string): HTMLElement {
  const mark = h('span', { class: 'swatch' });
  mark.style.backgroundColor = color;
  return mark;
}

function figure(one: DrawnSeries, calculation: string): string {
  const value = calculate(one.series.values, calculation);
  return (
    mappingOf(one.field, value)?.text ?? formatValue(value, one.field.unit, one.field.decimals)
  );
}

function nameButton(options: LegendOptions, index: number): HTMLElement {
  const one = options.drawn[index] as DrawnSeries;
  return h(
    'button',
    {
      type: 'button',
      class: 'legend-name',
      title: one.name,
      'aria-pressed': String(options.isVisible(index)),
      onclick: (event: MouseEvent) =>
        options.onChoose(index, event.ctrlKey || event.metaKey || event.shiftKey),
    },
    swatch(one.color),
    h('span', { class: 'legend-text' }, one.name),
  );
}

/** The legend, or undefined when the panel wants none. */
export function createLegend(options: LegendOptions): HTMLElement | undefined {
  const legend = at(options.data.panel.options, 'legend');
  const mode = asText(at(legend, 'displayMode'), 'list');
  if (at(legend, 'showLegend') === false || mode === 'hidden') return undefined;
  const isRight = at(legend, 'placement') === 'right';
  const calculations = asTexts(at(legend, 'calcs'));
  const listed = options.drawn.flatMap(({ field }, index) =>
    field.isUnlisted || field.isHidden ? [] : [index],
  );
  if (mode === 'table') {
    const rows = listed.map((index) => {
      const one = options.drawn[index] as DrawnSeries;
      const cells = calculations.map((id) => h('td', {}, figure(one, id)));
      return h(
        'tr',
        { class: options.isVisible(index) ? undefined : 'off' } as { class?: string },
        h('th', { scope: 'row' }, nameButton(options, index)),
        ...cells,
      );
    });
    const heads = calculations.map((id) => h('th', { scope: 'col' }, calculationName(id)));
    const table = h(
      'table',
      {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Name'), ...heads)),
      h('tbody', {}, ...rows),
    );
    return h(
      'div',
      {
        class: `legend as-table${isRight ? ' right' : ''}`,
        tabindex: 0,
        role: 'group',
        'aria-label': 'Legend',
      },
      table,
    );
  }
  const items = listed.map((index) => {
    const one = options.drawn[index] as DrawnSeries;
    const figures = calculations.map((id) =>
      h(
        'span',
        { class: 'legend-figure' },
        `${calculationName(id)}: `,
        h('b', {}, figure(one, id)),
      ),
    );
    return h(
      'li',
      options.isVisible(index) ? {} : { class: 'off' },
      nameButton(options, index),
      ...figures,
    );
  });
  return h(
    'ul',
    { class: `legend${isRight ? ' right' : ''}`, tabindex: 0, 'aria-label': 'Legend' },
    ...items,
  );
}
