// The parts of the panel form besides its queries.
import { readGrid } from '../model/dashboard.ts';
import { asNumber, asRecord, asRecords, asText, asTexts, at, type Json } from '../model/json.ts';
import { calculationNames } from '../model/series.ts';
import { formatInterval } from '../model/time-range.ts';
import { unitChoices } from '../model/units.ts';
import { panelTypes } from '../panels/index.ts';
import { labelled, select } from '../ui/dialog.ts';
import { h } from '../ui/dom.ts';
import type { PanelFormPart } from './panel-form-part.ts';

const textInput = (value: string): HTMLInputElement => h('input', { type: 'text', value });
const numberInput = (value: unknown, step = 'any'): HTMLInputElement =>
  h('input', { type: 'number', step, value: asNumber(value) ?? '' });

function put(target: Json, key: string, value: unknown): void {
  if (value === undefined || value === '') delete target[key];
  else target[key] = value;
}

/** The record below `path`, created where missing. */
function below(panel: Json, ...path: string[]): Json {
  let here = panel;
  for (const key of path) {
    here[key] = asRecord(here[key]);
    here = here[key] as Json;
  }
  return here;
}

/** Title, type, description and place. */
export function generalPart(panel: Json): PanelFormPart {
  const type = select(
    Object.entries(panelTypes).map(([value, { text }]) => ({ value, text })),
    asText(panel['type'], 'timeseries'),
  );
  const title = textInput(asText(panel['title']));
  const description = textInput(asText(panel['description']));
  const grid = readGrid(panel);
  const [w, height, x, y] = [grid.w, grid.h, grid.x, grid.y].map((value) =>
    numberInput(value, '1'),
  ) as [HTMLInputElement, HTMLInputElement, HTMLInputElement, HTMLInputElement];
  return {
    element: h(
      'fieldset',
      { class: 'columns' },
      h('legend', {}, 'Panel'),
      labelled(title, { label: 'Title' }),
      labelled(type, { label: 'Drawn as' }),
      labelled(description, { label: 'Description' }),
      h(
        'div',
        { class: 'field-row' },
        labelled(w, { label: 'Width (of 24)' }),
        labelled(height, { label: 'Height' }),
        labelled(x, { label: 'Left' }),
        labelled(y, { label: 'Top' }),
      ),
    ),
    write(target) {
      target['title'] = title.value;
      target['type'] = type.value;
      put(target, 'description', description.value);
      const whole = (
        input: HTMLInputElement,
        least: number,
        most: number,
        fallback: number,
      ): number => Math.min(Math.max(Math.round(asNumber(input.value) ?? fallback), least), most);
      const width = whole(w, 1, 24, grid.w);
      target['gridPos'] = {
        x: whole(x, 0, 24 - width, grid.x),
        y: whole(y, 0, 10_000, grid.y),
        w: width,
        h: whole(height, 1, 100, grid.h),
      };
    },
  };
}

/** Unit, range and thresholds. */
export function valuesPart(panel: Json): PanelFormPart {
  const defaults = asRecord(at(panel, 'fieldConfig', 'defaults'));
  const unit = select(
    unitChoices.map(({ id, text }) => ({ value: id, text })),
    asText(defaults['unit'], 'short'),
  );
  const [min, max, decimals] = [
    numberInput(defaults['min']),
    numberInput(defaults['max']),
    numberInput(defaults['decimals'], '1'),
  ] as const;
  const steps = asRecords(at(defaults, 'thresholds', 'steps'));
  const thresholds = textInput(
    steps
      .map(
        (step) =>
          `${step['value'] === null ? 'base' : asText(step['value'])}=${asText(step['color'])}`,
      )
      .join(', '),
  );
  return {
    element: h(
      'fieldset',
      { class: 'columns' },
      h('legend', {}, 'Values'),
      labelled(unit, { label: 'Unit' }),
      h(
        'div',
        { class: 'field-row' },
        labelled(min, { label: 'Min' }),
        labelled(max, { label: 'Max' }),
        labelled(decimals, { label: 'Decimals' }),
      ),
      labelled(thresholds, { label: 'Thresholds', hint: 'base=green, 80=orange, 90=red' }),
    ),
    write(target) {
      const next = below(target, 'fieldConfig', 'defaults');
      next['unit'] = unit.value;
      put(next, 'min', asNumber(min.value));
      put(next, 'max', asNumber(max.value));
      put(next, 'decimals', asNumber(decimals.value));
      const read = thresholds.value
        .split(',')
        .map((part) => part.split('=').map((side) => side.trim()))
        .filter((pair) => pair.length === 2 && pair[1] !== '')
        .map(([value, color]) => ({
          color,
          value: value === 'base' ? null : (asNumber(value) ?? null),
        }));
      if (read.length > 0)
        next['thresholds'] = {
          mode: asText(at(next, 'thresholds', 'mode'), 'absolute'),
          steps: read,
        };
      else delete next['thresholds'];
    },
  };
}

/** How a time series is drawn, and its legend. */
export function lookPart(panel: Json): PanelFormPart {
  const custom = asRecord(at(panel, 'fieldConfig', 'defaults', 'custom'));
  const legend = asRecord(at(panel, 'options', 'legend'));
  const spanNulls = custom['spanNulls'];
  const draw = select(
    [
      { value: 'line', text: 'Lines' },
      { value: 'bars', text: 'Bars' },
      { value: 'points', text: 'Points' },
    ],
    asText(custom['drawStyle'], 'line'),
  );
  const lineForm = select(
    [
      { value: 'linear', text: 'Straight' },
      { value: 'smooth', text: 'Smooth' },
      { value: 'stepAfter', text: 'Steps' },
    ],
    asText(custom['lineInterpolation'], 'linear'),
  );
  const stacking = select(
    [
      { value: 'none', text: 'No' },
      { value: 'normal', text: 'On top of each other' },
      { value: 'percent', text: 'As shares of 100 %' },
    ],
    asText(at(custom, 'stacking', 'mode'), 'none'),
  );
  const gaps = select(
    [
      { value: 'false', text: 'Leave gaps' },
      { value: 'true', text: 'Connect' },
      ...(typeof spanNulls === 'number'
        ? [{ value: String(spanNulls), text: `Connect up to ${formatInterval(spanNulls)}` }]
        : []),
    ],
    String(spanNulls ?? false),
  );
  const width = numberInput(custom['lineWidth'] ?? 1, '0.5');
  const filling = numberInput(custom['fillOpacity'] ?? 0, '5');
  const legendMode = select(
    [
      { value: 'list', text: 'Names' },
      { value: 'table', text: 'Table' },
      { value: 'hidden', text: 'None' },
    ],
    legend['showLegend'] === false ? 'hidden' : asText(legend['displayMode'], 'list'),
  );
  const chosen = new Set(asTexts(legend['calcs']));
  const figures = Object.entries(calculationNames)
    .filter(([id]) => !['first', 'last', 'count', 'firstNotNull'].includes(id))
    .map(([id, text]) => {
      const box = h('input', { type: 'checkbox', value: id, checked: chosen.has(id) });
      return { box, element: h('label', { class: 'check' }, box, text) };
    });
  return {
    element: h(
      'fieldset',
      { class: 'columns' },
      h('legend', {}, 'Look (time series)'),
      labelled(draw, { label: 'Draw' }),
      labelled(lineForm, { label: 'Lines are' }),
      labelled(stacking, { label: 'Stack' }),
      labelled(gaps, { label: 'Missing values' }),
      h(
        'div',
        { class: 'field-row' },
        labelled(width, { label: 'Line width' }),
        labelled(filling, { label: 'Fill (0–100)' }),
      ),
      labelled(legendMode, { label: 'Legend' }),
      h(
        'div',
        { class: 'field checks', role: 'group', 'aria-label': 'Figures in the legend' },
        ...figures.map(({ element }) => element),
      ),
    ),
    write(target) {
      const next = below(target, 'fieldConfig', 'defaults', 'custom');
      next['drawStyle'] = draw.value;
      next['lineInterpolation'] = lineForm.value;
      next['stacking'] = {
        group: asText(at(next, 'stacking', 'group'), 'A'),
        mode: stacking.value,
      };
      next['spanNulls'] =
        gaps.value === 'true' ? true : gaps.value === 'false' ? false : Number(gaps.value);
      next['lineWidth'] = asNumber(width.value) ?? 1;
      next['fillOpacity'] = asNumber(filling.value) ?? 0;
      const nextLegend = below(target, 'options', 'legend');
      nextLegend['showLegend'] = legendMode.value !== 'hidden';
      if (legendMode.value !== 'hidden') nextLegend['displayMode'] = legendMode.value;
      nextLegend['placement'] ??= 'bottom';
      const others = asTexts(legend['calcs']).filter(
        (id) => !figures.some(({ box }) => box.value === id),
      );
      nextLegend['calcs'] = [
        ...others,
        ...figures.filter(({ box }) => box.checked).map(({ box }) => box.value),
      ];
    },
  };
}

/** The content of a text panel. */
export function textPart(panel: Json): PanelFormPart {
  const content = h('textarea', { rows: 8, class: 'code' });
  content.value = asText(at(panel, 'options', 'content'));
  return {
    element: h('fieldset', {}, h('legend', {}, 'Text'), labelled(content, { label: 'Markdown' })),
    write(target) {
      const options = below(target, 'options');
      options['content'] = content.value;
      options['mode'] ??= 'markdown';
    },
  };
}
