// The part of the panel form that holds the queries.
import type { Scope } from '../model/interpolate.ts';
import { asRecords, asText, type Json } from '../model/json.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { createMetricInput } from './metric-input.ts';
import type { PanelFormPart } from './panel-form-part.ts';

/** The queries: text, hidden or shown, added and removed. */
export function queriesPart(panel: Json, scope: Scope): PanelFormPart {
  const rows: { refId: string; json: Json; input: HTMLTextAreaElement; isHidden: boolean }[] = [];
  const list = h('div', { class: 'queries' });
  const nextRef = (): string => {
    const used = new Set(rows.map(({ refId }) => refId));
    return [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((letter) => !used.has(letter)) ?? 'Z';
  };
  function draw(): void {
    fill(
      list,
      ...rows.map((row, index) => {
        const hide = h(
          'button',
          {
            type: 'button',
            class: 'button plain small',
            'aria-label': `${row.isHidden ? 'Show' : 'Hide'} query ${row.refId}`,
            'aria-pressed': String(row.isHidden),
            onclick: () => {
              row.isHidden = !row.isHidden;
              draw();
            },
          },
          icon(row.isHidden ? 'eyeOff' : 'eye'),
        );
        const remove = h(
          'button',
          {
            type: 'button',
            class: 'button plain small',
            'aria-label': `Remove query ${row.refId}`,
            onclick: () => {
              rows.splice(index, 1);
              draw();
            },
          },
          icon('trash'),
        );
        return h(
          'div',
          { class: `query${row.isHidden ? ' off' : ''}` },
          h('b', {}, row.refId),
          row.input.parentElement as HTMLElement,
          hide,
          remove,
        );
      }),
    );
  }
  function add(json: Json): void {
    const refId = asText(json['refId']) || nextRef();
    const { input } = createMetricInput(asText(json['target']), `Query ${refId}`, scope);
    rows.push({ refId, json, input, isHidden: json['hide'] === true });
    draw();
  }
  for (const target of asRecords(panel['targets'])) add(target);
  const element = h(
    'fieldset',
    {},
    h('legend', {}, 'Queries'),
    list,
    h(
      'button',
      { type: 'button', class: 'button', onclick: () => add({}) },
      icon('plus'),
      'Add a query',
    ),
    h('p', { class: 'hint' }, '#A in a query stands for query A, also when that is hidden.'),
  );
  return {
    element,
    write(target) {
      target['targets'] = rows.map(({ refId, json, input, isHidden }) => {
        const next: Json = { ...json, refId, target: input.value.trim() };
        if (isHidden) next['hide'] = true;
        else delete next['hide'];
        return next;
      });
    },
  };
}
