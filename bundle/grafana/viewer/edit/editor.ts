// Changing a dashboard: the menu of commands, what is not saved yet, saving to the file.
import { ApiError, deleteDashboard, saveDashboard } from '../api.ts';
import type { VariableState } from '../dashboard/variable-state.ts';
import { arrangePanels } from '../model/arrange.ts';
import { type GridPosition, type Panel, placeBelow } from '../model/dashboard.ts';
import { asRecord, asRecords, asText, cloneJson, type Json } from '../model/json.ts';
import type { RawRange } from '../model/time-range.ts';
import { notify, openDialog } from '../ui/dialog.ts';
import { h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { type MenuItem, menu, popover } from '../ui/popover.ts';
import { saveFile } from '../ui/save-file.ts';
import { type App, canEdit } from '../views/view.ts';
import { openSettings } from './dashboard-settings.ts';
import { openJsonEditor } from './json-editor.ts';
import { openPanelEditor, type PanelPreview } from './panel-editor.ts';

export interface EditorOptions {
  app: App;
  /** Changed in place. */
  dashboard: Json;
  currentRange(): RawRange;
  currentVariables(): VariableState[];
  preview(json: Json): PanelPreview;
  onChange(): void;
}

export interface Editor {
  element: HTMLElement;
  panelMenu(panel: Panel): MenuItem[];
  /** Moves or sizes a panel; those in its way make room. */
  arrange(panel: Panel, grid: GridPosition): void;
  /** Notes a change made elsewhere. */
  changed(): void;
}

const newPanel = (dashboard: Json): Json => ({
  id: Math.max(0, ...asRecords(dashboard['panels']).map((panel) => Number(panel['id'] ?? 0))) + 1,
  type: 'timeseries',
  title: 'New panel',
  gridPos: { x: 0, y: placeBelow(dashboard), w: 12, h: 8 },
  datasource: { type: 'graphite', uid: 'DkuCarbonAPI' },
  targets: [{ refId: 'A', target: '' }],
  fieldConfig: {
    defaults: {
      unit: 'short',
      color: { mode: 'palette-classic' },
      custom: {
        drawStyle: 'line',
        lineWidth: 1,
        fillOpacity: 10,
        showPoints: 'never',
        spanNulls: true,
      },
    },
    overrides: [],
  },
  options: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
});

/** The list a panel stands in: the dashboard's, or that of its row. */
function listOf(dashboard: Json, json: Json): Json {
  const rows = asRecords(dashboard['panels']);
  return rows.find((row) => asRecords(row['panels']).includes(json)) ?? dashboard;
}

export function createEditor(options: EditorOptions): Editor {
  const { app, dashboard } = options;
  let isDirty = false;
  const saveButton = h(
    'button',
    { type: 'button', class: 'button main', hidden: true, onclick: () => void save(false) },
    icon('save'),
    h('span', {}, 'Save'),
  );
  const onLeave = (event: BeforeUnloadEvent): void => {
    if (isDirty && saveButton.isConnected) event.preventDefault();
  };
  window.addEventListener('beforeunload', onLeave);

  function setDirty(dirty: boolean): void {
    isDirty = dirty;
    saveButton.hidden = !dirty;
  }
  function changed(): void {
    setDirty(true);
    options.onChange();
  }

  async function save(overwrite: boolean): Promise<void> {
    for (const { variable, options: offered, values } of options.currentVariables()) {
      const text = values.map(
        (one) =>
          offered.find(({ value }) => value === one)?.text ?? (one === '$__all' ? 'All' : one),
      );
      const isList = variable.isMulti || variable.hasAll;
      variable.json['current'] = {
        selected: true,
        text: isList && variable.isMulti ? text : (text[0] ?? ''),
        value: isList && variable.isMulti ? values : (values[0] ?? ''),
      };
    }
    try {
      const { version, file } = await saveDashboard(dashboard, overwrite);
      dashboard['version'] = version;
      setDirty(false);
      notify(`Saved to dashboards/${file}`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) askToOverwrite();
      else notify(error instanceof Error ? error.message : String(error), 'bad');
    }
  }

  function askToOverwrite(): void {
    openDialog({
      title: 'Changed by somebody else',
      content: [
        h(
          'p',
          {},
          'The file of this dashboard is newer than what you opened. Replace it with your version?',
        ),
      ],
      actions: [
        {
          text: 'Replace it',
          isMain: true,
          async run(dialog) {
            dialog.close();
            await save(true);
          },
        },
      ],
    });
  }

  function addPanel(): void {
    const json = newPanel(dashboard);
    openPanelEditor({
      json,
      preview: options.preview,
      scope: options.currentVariables(),
      onApply(next) {
        dashboard['panels'] = [...asRecords(dashboard['panels']), next];
        changed();
      },
    });
  }

  function addRow(): void {
    const { id } = newPanel(dashboard);
    const gridPos = { x: 0, y: placeBelow(dashboard), w: 24, h: 1 };
    const row = { id, type: 'row', title: 'New row', collapsed: false, gridPos, panels: [] };
    dashboard['panels'] = [...asRecords(dashboard['panels']), row];
    changed();
  }

  function editPanel(panel: Panel): void {
    openPanelEditor({
      json: panel.json,
      preview: options.preview,
      scope: options.currentVariables(),
      onApply(next) {
        for (const key of Object.keys(panel.json)) if (!(key in next)) delete panel.json[key];
        Object.assign(panel.json, next);
        changed();
      },
    });
  }

  function duplicate({ json }: Panel): void {
    const copy = cloneJson(json);
    copy['id'] = newPanel(dashboard)['id'];
    copy['gridPos'] = { ...asRecord(copy['gridPos']), x: 0, y: placeBelow(dashboard) };
    dashboard['panels'] = [...asRecords(dashboard['panels']), copy];
    changed();
    notify('The copy is at the end of the dashboard.');
  }

  function remove({ json, title }: Panel): void {
    const list = listOf(dashboard, json);
    const before = asRecords(list['panels']);
    list['panels'] = before.filter((one) => one !== json);
    changed();
    notify(`Removed ${title || 'the panel'}. It is gone from the file once you save.`);
  }

  function confirmDeletion(): void {
    openDialog({
      title: 'Delete dashboard',
      content: [h('p', {}, 'Delete ', h('b', {}, asText(dashboard['title'])), ' and its file?')],
      actions: [
        {
          text: 'Delete',
          isMain: true,
          async run(dialog) {
            await deleteDashboard(asText(dashboard['uid']));
            setDirty(false);
            dialog.close();
            app.go('./');
          },
        },
      ],
    });
  }

  function commands(): MenuItem[] {
    const reading: MenuItem[] = [
      {
        text: 'Export as JSON',
        icon: 'download',
        run: () =>
          saveFile(
            `${asText(dashboard['title'], 'dashboard')}.json`,
            'application/json',
            `${JSON.stringify(dashboard, null, 2)}\n`,
          ),
      },
    ];
    if (!canEdit(app)) return reading;
    return [
      { text: 'Add a panel', icon: 'plus', run: addPanel },
      { text: 'Add a row', icon: 'plus', run: addRow },
      {
        text: 'Settings and variables',
        icon: 'settings',
        run: () =>
          openSettings({ dashboard, currentRange: options.currentRange, onApply: changed }),
      },
      {
        text: 'Edit as JSON',
        icon: 'edit',
        run: () =>
          openJsonEditor(dashboard, (next) => {
            for (const key of Object.keys(dashboard)) delete dashboard[key];
            Object.assign(dashboard, next);
            changed();
          }),
      },
      { text: 'Save', icon: 'save', run: () => void save(false) },
      ...reading,
      { text: 'Delete dashboard', icon: 'trash', isDangerous: true, run: confirmDeletion },
    ];
  }

  const commandMenu = popover({
    label: [icon(canEdit(app) ? 'edit' : 'download')],
    name: canEdit(app) ? 'Edit dashboard' : 'Export dashboard',
    content: (close) => menu(commands(), close),
  });
  return {
    element: h('div', { class: 'editor' }, saveButton, commandMenu.element),
    changed,
    arrange({ json }, grid) {
      arrangePanels(dashboard, json, grid);
      changed();
    },
    panelMenu: (panel) => [
      { text: 'Edit', icon: 'edit', run: () => editPanel(panel) },
      { text: 'Duplicate', icon: 'copy', run: () => duplicate(panel) },
      { text: 'Remove', icon: 'trash', isDangerous: true, run: () => remove(panel) },
    ],
  };
}
