// The form of a dashboard: title, tags, default time, shared crosshair and its variables.
import { readSettings } from '../model/dashboard.ts';
import { asNumber, asRecord, asRecords, asText, at, type Json } from '../model/json.ts';
import type { RawRange } from '../model/time-range.ts';
import { labelled, openDialog, select } from '../ui/dialog.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';

export interface SettingsOptions {
  dashboard: Json;
  currentRange(): RawRange;
  onApply(): void;
}

interface VariableRow {
  element: HTMLElement;
  read(): Json;
}

const variableTypes = [
  { value: 'query', text: 'Query' },
  { value: 'custom', text: 'List of values' },
  { value: 'constant', text: 'Constant' },
  { value: 'interval', text: 'Interval' },
  { value: 'textbox', text: 'Text' },
];

function variableRow(json: Json, onRemove: () => void): VariableRow {
  const query = json['query'];
  const name = h('input', { type: 'text', value: asText(json['name']), pattern: '\\w+' });
  const type = select(variableTypes, asText(json['type'], 'query'));
  const text = h('input', {
    type: 'text',
    class: 'code',
    value: asText(typeof query === 'object' ? at(query, 'query') : query),
  });
  const regex = h('input', { type: 'text', class: 'code', value: asText(json['regex']) });
  const isMulti = h('input', { type: 'checkbox', checked: json['multi'] === true });
  const hasAll = h('input', { type: 'checkbox', checked: json['includeAll'] === true });
  const element = h(
    'fieldset',
    { class: 'variable-row' },
    h('legend', {}, `Variable ${asText(json['name'])}`),
    h(
      'div',
      { class: 'field-row' },
      labelled(name, { label: 'Name' }),
      labelled(type, { label: 'Type' }),
      h('label', { class: 'check' }, isMulti, 'Several values'),
      h('label', { class: 'check' }, hasAll, 'All'),
      h(
        'button',
        {
          type: 'button',
          class: 'button plain',
          'aria-label': 'Remove variable',
          onclick: onRemove,
        },
        icon('trash'),
      ),
    ),
    labelled(text, { label: 'Query or values' }),
    labelled(regex, {
      label: 'Keep what matches',
      hint: '/regular expression/, its first group is the value',
    }),
  );
  return {
    element,
    read() {
      if (!/^\w+$/.test(name.value))
        throw new Error(`"${name.value}" is no variable name: letters, digits and _ only`);
      const next: Json = { ...json, name: name.value, type: type.value };
      const isQuery = type.value === 'query';
      next['query'] =
        isQuery && typeof query === 'object'
          ? { ...asRecord(query), query: text.value, target: text.value }
          : text.value;
      if (isQuery) {
        next['datasource'] ??= { type: 'graphite', uid: 'DkuCarbonAPI' };
        next['refresh'] = asNumber(next['refresh']) || 1;
        next['definition'] = text.value;
      }
      next['regex'] = regex.value;
      next['multi'] = isMulti.checked;
      next['includeAll'] = hasAll.checked;
      next['hide'] ??= 0;
      next['current'] ??= {};
      return next;
    },
  };
}

export function openSettings({ dashboard, currentRange, onApply }: SettingsOptions): void {
  const settings = readSettings(dashboard);
  const title = h('input', { type: 'text', value: settings.title, required: true });
  const description = h('input', { type: 'text', value: asText(dashboard['description']) });
  const tags = h('input', { type: 'text', value: settings.tags.join(', ') });
  const refresh = select(
    ['', ...settings.refreshChoices].map((value) => ({
      value,
      text: value === '' ? 'Off' : value,
    })),
    settings.refresh,
  );
  const tooltip = select(
    [
      { value: '0', text: 'Each graph by itself' },
      { value: '1', text: 'Shared crosshair' },
      { value: '2', text: 'Shared crosshair and tooltip' },
    ],
    String(settings.graphTooltip),
  );
  const zone = select(
    [
      { value: 'browser', text: 'Of the browser' },
      { value: 'utc', text: 'UTC' },
    ],
    settings.isUtc ? 'utc' : 'browser',
  );
  const useRange = h('input', { type: 'checkbox' });
  let rows: VariableRow[] = [];
  const list = h('div', {});
  const draw = (): void => fill(list, ...rows.map(({ element }) => element));
  const add = (json: Json): void => {
    const row = variableRow(json, () => {
      rows = rows.filter((one) => one !== row);
      draw();
    });
    rows.push(row);
    draw();
  };
  for (const json of asRecords(at(dashboard, 'templating', 'list'))) add(json);
  openDialog({
    title: 'Settings',
    isWide: true,
    content: [
      h(
        'fieldset',
        { class: 'columns' },
        h('legend', {}, 'Dashboard'),
        labelled(title, { label: 'Title' }),
        labelled(tags, { label: 'Tags', hint: 'separated by commas' }),
        labelled(description, { label: 'Description' }),
        labelled(refresh, { label: 'Refresh by itself' }),
        labelled(tooltip, { label: 'Crosshair' }),
        labelled(zone, { label: 'Time zone' }),
        h('label', { class: 'check' }, useRange, 'Open with the time range shown now'),
      ),
      list,
      h(
        'button',
        { type: 'button', class: 'button', onclick: () => add({ name: '', type: 'query' }) },
        icon('plus'),
        'Add a variable',
      ),
    ],
    actions: [
      {
        text: 'Apply',
        isMain: true,
        run(dialog) {
          if (title.value.trim() === '') throw new Error('the dashboard needs a title');
          const variables = rows.map((row) => row.read());
          dashboard['title'] = title.value.trim();
          if (description.value !== '' || 'description' in dashboard)
            dashboard['description'] = description.value;
          dashboard['tags'] = tags.value
            .split(',')
            .map((tag) => tag.trim())
            .filter(Boolean);
          dashboard['refresh'] = refresh.value;
          dashboard['graphTooltip'] = Number(tooltip.value);
          dashboard['timezone'] = zone.value;
          if (useRange.checked) dashboard['time'] = { ...currentRange() };
          dashboard['templating'] = { ...asRecord(dashboard['templating']), list: variables };
          dialog.close();
          onApply();
        },
      },
    ],
  });
}
