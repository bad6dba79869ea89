// All dashboards, with search; new ones and imported ones come from here.
import { type DashboardRow, deleteDashboard, listDashboards, saveDashboard } from '../api.ts';
import { readImport } from '../model/import-dashboard.ts';
import type { Json } from '../model/json.ts';
import { labelled, notify, openDialog } from '../ui/dialog.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { menu, popover } from '../ui/popover.ts';
import { appLink, createTopBar } from './top-bar.ts';
import { type App, canEdit, type View } from './view.ts';

const emptyDashboard = (title: string): Json => ({
  title,
  tags: [],
  timezone: 'browser',
  schemaVersion: 39,
  version: 0,
  refresh: '',
  time: { from: 'now-1h', to: 'now' },
  templating: { list: [] },
  panels: [],
});

function createDashboard(app: App): void {
  const title = h('input', { type: 'text', required: true });
  openDialog({
    title: 'New dashboard',
    content: [labelled(title, { label: 'Title' })],
    actions: [
      {
        text: 'Create',
        isMain: true,
        async run(dialog) {
          if (title.value.trim() === '') throw new Error('the dashboard needs a title');
          const { uid } = await saveDashboard(emptyDashboard(title.value.trim()));
          dialog.close();
          app.go(`d/${uid}`);
        },
      },
    ],
  });
}

function importDashboard(app: App): void {
  const file = h('input', { type: 'file', accept: '.json,application/json' });
  const text = h('textarea', { rows: 10, spellcheck: 'false', class: 'code' });
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0];
    if (chosen !== undefined) text.value = await chosen.text();
  });
  const overwrite = h('input', { type: 'checkbox' });
  openDialog({
    title: 'Import a dashboard',
    content: [
      labelled(file, { label: 'Grafana JSON file' }),
      labelled(text, {
        label: 'or its text',
        hint: 'Dashboards of Grafana 3 and later; old panel types are converted.',
      }),
      h('label', { class: 'check' }, overwrite, 'Replace a dashboard with the same uid'),
    ],
    actions: [
      {
        text: 'Import',
        isMain: true,
        async run(dialog) {
          const dashboard = readImport(text.value);
          if (!overwrite.checked) dashboard['version'] = 0;
          const saved = await saveDashboard(dashboard, overwrite.checked).catch(
            (error: unknown) => {
              const isTaken = error instanceof Error && 'status' in error && error.status === 412;
              throw isTaken ? new Error('a dashboard with this uid exists already') : error;
            },
          );
          dialog.close();
          app.go(`d/${saved.uid}`);
        },
      },
    ],
  });
}

function confirmDeletion(row: DashboardRow, onDone: () => void): void {
  openDialog({
    title: 'Delete dashboard',
    content: [
      h('p', {}, 'Delete ', h('b', {}, row.title), ` and its file dashboards/${row.file}?`),
    ],
    actions: [
      {
        text: 'Delete',
        isMain: true,
        async run(dialog) {
          await deleteDashboard(row.uid);
          dialog.close();
          notify(`Deleted ${row.title}`);
          onDone();
        },
      },
    ],
  });
}

export function createListView(app: App): View {
  let rows: DashboardRow[] = [];
  const search = h('input', {
    type: 'search',
    placeholder: 'Find a dashboard',
    'aria-label': 'Find a dashboard',
  });
  const list = h('ul', { class: 'dashboard-list' });
  const state = h('p', { class: 'hint', role: 'status' });

  function card(row: DashboardRow): HTMLElement {
    const actions = popover({
      label: [icon('more')],
      name: `Menu of ${row.title}`,
      className: 'plain small',
      content: (close) =>
        menu(
          [
            {
              text: 'Delete',
              icon: 'trash',
              isDangerous: true,
              run: () => confirmDeletion(row, load),
            },
          ],
          close,
        ),
    });
    return h(
      'li',
      { class: 'dashboard-card' },
      h('span', { class: 'card-icon' }, icon('grid')),
      h(
        'div',
        { class: 'card-text' },
        appLink(app, `d/${row.uid}`, { class: 'card-title' }, row.title),
        h('p', { class: 'hint' }, row.description || `${row.panels} panels`),
        row.tags.length > 0
          ? h('p', { class: 'tags' }, ...row.tags.map((tag) => h('span', { class: 'tag' }, tag)))
          : null,
      ),
      canEdit(app) ? actions.element : null,
    );
  }
  function draw(): void {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = rows.filter((row) => {
      const text = `${row.title} ${row.tags.join(' ')} ${row.description}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    fill(list, ...matching.map(card));
    state.textContent =
      rows.length === 0
        ? 'There are no dashboards yet.'
        : matching.length === 0
          ? 'No dashboard matches.'
          : '';
  }
  async function load(): Promise<void> {
    try {
      rows = await listDashboards();
      draw();
    } catch (error) {
      state.textContent = error instanceof Error ? error.message : String(error);
    }
  }
  search.addEventListener('input', draw);
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') list.querySelector<HTMLElement>('a')?.click();
  });
  const tools = canEdit(app)
    ? [
        h(
          'button',
          { type: 'button', class: 'button list-tool', onclick: () => importDashboard(app) },
          icon('upload'),
          h('span', {}, 'Import'),
        ),
        h(
          'button',
          { type: 'button', class: 'button main list-tool', onclick: () => createDashboard(app) },
          icon('plus'),
          h('span', {}, 'New'),
        ),
      ]
    : [];
  const element = h(
    'div',
    { class: 'page' },
    createTopBar(app, [], tools),
    h(
      'main',
      { class: 'list-page' },
      h('h1', {}, 'Dashboards'),
      h('div', { class: 'search-field' }, icon('search'), search),
      state,
      list,
    ),
  );
  void load().then(() => search.focus());
  return { element, title: 'Dashboards', destroy: () => element.remove() };
}
