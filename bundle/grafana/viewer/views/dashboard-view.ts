// An open dashboard: loads it, keeps range, variables and address together, lays out the panels.
import { getDashboard, type MetricEvent } from '../api.ts';
import { loadEvents } from '../dashboard/annotations.ts';
import { createLinkBar } from '../dashboard/link-bar.ts';
import { createPanelFrame, type PanelFrame } from '../dashboard/panel-frame.ts';
import { createRefreshPicker } from '../dashboard/refresh-picker.ts';
import { createTimePicker } from '../dashboard/time-picker.ts';
import { createVariablePicker } from '../dashboard/variable-picker.ts';
import { loadVariables, scopeOf, type VariableState } from '../dashboard/variable-state.ts';
import { makeDraggable } from '../edit/drag.ts';
import { createEditor } from '../edit/editor.ts';
import { showPanelData } from '../edit/panel-data.ts';
import type { PanelPreview } from '../edit/panel-editor.ts';
import { layoutPanels, type Panel, panelTitle, readSettings } from '../model/dashboard.ts';
import { asRecords, at, type Json } from '../model/json.ts';
import { migrateDashboard } from '../model/migrate-dashboard.ts';
import { type RawRange, resolveRange, type TimeRange } from '../model/time-range.ts';
import { panelTypeOf } from '../panels/index.ts';
import { whenThemeChanges } from '../theme.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import type { MenuItem } from '../ui/popover.ts';
import { createTopBar } from './top-bar.ts';
import { type App, canEdit, currentPlace, type View } from './view.ts';

const rowPixels = 38;
const narrow = window.matchMedia('(max-width: 820px)');

export async function createDashboardView(app: App, uid: string): Promise<View> {
  const { parameters } = currentPlace();
  const dashboard: Json = migrateDashboard(await getDashboard(uid));
  let settings = readSettings(dashboard);
  const defaultRange: RawRange = { from: settings.from, to: settings.to };
  let raw: RawRange = {
    from: parameters.get('from') ?? defaultRange.from,
    to: parameters.get('to') ?? defaultRange.to,
  };
  if (resolveRange(raw, Date.now()) === undefined) raw = { from: 'now-1h', to: 'now' };
  let range = resolveRange(raw, Date.now()) as TimeRange;
  let refreshEvery = parameters.get('refresh') ?? settings.refresh;
  let variables: VariableState[] = [];
  let events: MetricEvent[] = [];
  let eventsAbort: AbortController | undefined;
  let viewedPanel = parameters.get('viewPanel');
  let generation = 0;
  const frames = new Map<string, PanelFrame>();
  const rowElements: HTMLElement[] = [];

  const grid = h('div', { class: 'panel-grid' });
  const variableBar = h('div', { class: 'variable-bar', role: 'group', 'aria-label': 'Variables' });
  const heading = h('h1', { class: 'dashboard-title' });
  const timePicker = createTimePicker((next) => setRange(next));
  const refreshPicker = createRefreshPicker({
    choices: settings.refreshChoices,
    onRefresh: (isByTimer) => refresh(isByTimer),
    onChange(every) {
      refreshEvery = every;
      writeAddress(false);
    },
  });
  const linkBar = createLinkBar(app, dashboard, () => {
    const shown = new URLSearchParams(location.search);
    shown.set('from', raw.from);
    shown.set('to', raw.to);
    return shown;
  });
  const editor = createEditor({
    app,
    dashboard,
    currentRange: () => raw,
    currentVariables: () => variables,
    preview,
    onChange: () => void rebuild(),
  });

  /** A panel by itself, outside the grid. */
  function preview(json: Json): PanelPreview {
    const panelOf = (one: Json): Panel =>
      layoutPanels(
        { panels: [{ ...one, repeat: undefined }] },
        scopeOf(variables, dashboard),
      )[0] as Panel;
    const frame = createPanelFrame({
      panel: panelOf(json),
      crosshairKey: undefined,
      menuItems: () => [],
      onZoom: zoom,
      context: () => ({ range, events, isUtc: settings.isUtc, dashboardUid: uid }),
    });
    return {
      element: frame.element,
      update(next) {
        frame.setPanel(panelOf(next));
        frame.refresh(false);
      },
      destroy: frame.destroy,
    };
  }

  function writeAddress(isStep: boolean): void {
    const next = new URLSearchParams();
    if (raw.from !== defaultRange.from || raw.to !== defaultRange.to) {
      next.set('from', raw.from);
      next.set('to', raw.to);
    }
    if (refreshEvery !== settings.refresh) next.set('refresh', refreshEvery);
    for (const { variable, values } of variables)
      if (variable.hide !== 2 && variable.type !== 'constant')
        for (const value of values) next.append(`var-${variable.name}`, value);
    if (viewedPanel !== null) next.set('viewPanel', viewedPanel);
    const query = next.toString();
    const address = `${location.pathname}${query === '' ? '' : `?${query}`}`;
    if (isStep) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  }

  function wantedValues(): Map<string, string[]> {
    const wanted = new Map(variables.map(({ variable, values }) => [variable.name, values]));
    if (variables.length > 0) return wanted;
    for (const key of new Set(parameters.keys()))
      if (key.startsWith('var-')) wanted.set(key.slice(4), parameters.getAll(key));
    return wanted;
  }

  function setRange(next: RawRange): void {
    const resolved = resolveRange(next, Date.now());
    if (resolved === undefined) return;
    raw = next;
    range = resolved;
    timePicker.show(range);
    writeAddress(true);
    if (variables.some(({ variable }) => variable.refresh === 2)) void reloadVariables();
    else refresh(false);
  }

  const zoom = (fromMs: number, toMs: number): void =>
    setRange({ from: String(Math.round(fromMs)), to: String(Math.round(toMs)) });

  async function refreshEvents(): Promise<void> {
    eventsAbort?.abort();
    eventsAbort = new AbortController();
    const { signal } = eventsAbort;
    const scope = scopeOf(variables, dashboard);
    const found = await loadEvents({ dashboard, scope, span: range, signal });
    if (!signal.aborted) events = found;
  }

  /** Asks for everything shown again. By the timer, panels still waiting are left alone. */
  function refresh(isByTimer: boolean): void {
    range = resolveRange(raw, Date.now()) ?? range;
    timePicker.show(range);
    const mine = ++generation;
    void refreshEvents().then(() => {
      if (mine !== generation) return;
      for (const frame of frames.values()) {
        if (isNear(frame.element)) frame.refresh(isByTimer);
        else stale.add(frame);
      }
      showBusy();
    });
  }

  const stale = new Set<PanelFrame>();
  function isNear(element: HTMLElement): boolean {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > -300 && top < window.innerHeight + 300;
  }
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const frame = [...frames.values()].find(({ element }) => element === entry.target);
        if (entry.isIntersecting && frame !== undefined && stale.delete(frame))
          frame.refresh(false);
      }
    },
    { rootMargin: '300px' },
  );

  let busyTimer: ReturnType<typeof setInterval> | undefined;
  function showBusy(): void {
    clearInterval(busyTimer);
    refreshPicker.setBusy(true);
    busyTimer = setInterval(() => {
      if ([...frames.values()].some((frame) => frame.isLoading())) return;
      clearInterval(busyTimer);
      refreshPicker.setBusy(false);
    }, 200);
  }

  function panelMenu(panel: Panel): MenuItem[] {
    const isViewed = viewedPanel === String(panel.id);
    const items: MenuItem[] = [
      {
        text: isViewed ? 'Back to all panels' : 'Enlarge',
        icon: 'expand',
        run: () => {
          viewedPanel = isViewed ? null : String(panel.id);
          writeAddress(true);
          layOut();
          refresh(false);
        },
      },
    ];
    const frame = frames.get(panel.key);
    if (panelTypeOf(panel.type)?.needsData && frame !== undefined)
      items.push({
        text: 'Queries and data',
        icon: 'info',
        run: () => showPanelData({ title: panelTitle(panel), ...frame.lastAnswer() }),
      });
    return canEdit(app) ? [...items, ...editor.panelMenu(panel)] : items;
  }

  function rowHead(panel: Panel): HTMLElement {
    const isOpen = !panel.collapsed;
    return h(
      'button',
      {
        type: 'button',
        class: 'row-head',
        'aria-expanded': String(isOpen),
        onclick: () => {
          toggleRow(panel.json);
          void rebuild();
        },
      },
      icon(isOpen ? 'down' : 'right'),
      h('h2', {}, panelTitle(panel)),
      isOpen ? null : h('small', {}, `${asRecords(panel.json['panels']).length} panels`),
    );
  }

  /** Opening and closing a row moves its panels between the row and the dashboard, as in Grafana. */
  function toggleRow(row: Json): void {
    const panels = asRecords(dashboard['panels']);
    const index = panels.indexOf(row);
    if (row['collapsed'] === true) {
      const inner = asRecords(row['panels']);
      row['panels'] = [];
      row['collapsed'] = false;
      const rowY = Number(at(row, 'gridPos', 'y') ?? 0);
      const tops = inner.map((one) => Number(at(one, 'gridPos', 'y') ?? 0));
      const bottoms = inner.map(
        (one) => Number(at(one, 'gridPos', 'y') ?? 0) + Number(at(one, 'gridPos', 'h') ?? 0),
      );
      const shift = rowY + 1 - Math.min(...tops, rowY + 1);
      const height = inner.length === 0 ? 0 : Math.max(...bottoms) + shift - (rowY + 1);
      const move = (one: Json, by: number): void => {
        one['gridPos'] = {
          ...(one['gridPos'] as Json),
          y: Number(at(one, 'gridPos', 'y') ?? 0) + by,
        };
      };
      for (const one of inner) move(one, shift);
      for (const one of panels.slice(index + 1)) move(one, height);
      dashboard['panels'] = [...panels.slice(0, index + 1), ...inner, ...panels.slice(index + 1)];
    } else {
      const rest = panels.slice(index + 1);
      const end = rest.findIndex(({ type }) => type === 'row');
      row['panels'] = end < 0 ? rest : rest.slice(0, end);
      row['collapsed'] = true;
      dashboard['panels'] = [...panels.slice(0, index + 1), ...(end < 0 ? [] : rest.slice(end))];
    }
  }

  function place(element: HTMLElement, { x, y, w, h: height }: Panel['grid']): void {
    element.style.gridColumn = `${x + 1} / span ${w}`;
    element.style.gridRow = `${y + 1} / span ${height}`;
    element.style.setProperty('--panel-height', `${height * rowPixels - 8}px`);
  }

  function makeMovable(frame: PanelFrame): void {
    makeDraggable({
      element: frame.element,
      grid: () => frame.panel.grid,
      isFree: () =>
        viewedPanel === null &&
        frame.panel.json['repeat'] === undefined &&
        asRecords(dashboard['panels']).includes(frame.panel.json) &&
        !narrow.matches,
      onDrop: (grid) => editor.arrange(frame.panel, grid),
    });
  }

  /** Puts the frames where the dashboard wants them, making and dropping what changed. */
  function layOut(): void {
    let panels = layoutPanels(dashboard, scopeOf(variables, dashboard));
    if (viewedPanel !== null) {
      const one = panels.find(({ id }) => String(id) === viewedPanel);
      panels = one === undefined ? panels : [{ ...one, grid: { x: 0, y: 0, w: 24, h: 20 } }];
    }
    for (const element of rowElements.splice(0)) element.remove();
    const keys = new Set(panels.map(({ key }) => key));
    for (const [key, frame] of frames) {
      if (keys.has(key)) continue;
      frame.destroy();
      frames.delete(key);
    }
    const crosshairKey = settings.graphTooltip > 0 ? `dashboard ${uid}` : undefined;
    for (const panel of panels) {
      if (panel.type === 'row') {
        const row = rowHead(panel);
        place(row, panel.grid);
        rowElements.push(row);
        grid.append(row);
        continue;
      }
      let frame = frames.get(panel.key);
      if (frame === undefined) {
        frame = createPanelFrame({
          panel,
          crosshairKey,
          menuItems: panelMenu,
          onZoom: zoom,
          context: () => ({ range, events, isUtc: settings.isUtc, dashboardUid: uid }),
        });
        frames.set(panel.key, frame);
        seen.observe(frame.element);
        if (canEdit(app)) makeMovable(frame);
      } else frame.setPanel(panel);
      place(frame.element, panel.grid);
      grid.append(frame.element); // in reading order, for the keyboard and small screens
    }
    grid.classList.toggle('is-empty', panels.length === 0);
    grid.dataset['hint'] = canEdit(app)
      ? 'This dashboard is empty: add a panel with the pencil above.'
      : 'This dashboard is empty.';
  }

  function drawVariables(): void {
    const pickers = variables.map((state) =>
      createVariablePicker(state, (values) => {
        state.values = values;
        writeAddress(true);
        void reloadVariables();
      }),
    );
    fill(variableBar, ...pickers);
    variableBar.hidden = pickers.every((picker) => picker === undefined);
  }

  async function reloadVariables(): Promise<void> {
    variables = await loadVariables(dashboard, range, wantedValues());
    drawVariables();
    layOut();
    refresh(false);
  }

  /** After an edit: everything is read from the JSON again. */
  async function rebuild(): Promise<void> {
    settings = readSettings(dashboard);
    heading.textContent = settings.title;
    document.title = `${settings.title} · dkumonitor`;
    void linkBar.load();
    await reloadVariables();
  }

  const onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (
      /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      document.querySelector('dialog[open]')
    )
      return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'r') refresh(false);
    else if (event.key === 'Escape' && viewedPanel !== null) {
      viewedPanel = null;
      writeAddress(true);
      layOut();
      refresh(false);
    }
  };
  document.addEventListener('keydown', onKey);
  const stopTheme = whenThemeChanges(() => {
    for (const frame of frames.values()) frame.redraw();
  });

  heading.textContent = settings.title;
  timePicker.show(range);
  refreshPicker.set(refreshEvery);
  const element = h(
    'div',
    { class: 'page' },
    createTopBar(app, [heading], [editor.element, timePicker.element, refreshPicker.element]),
    h(
      'main',
      { class: 'dashboard' },
      h('div', { class: 'dashboard-bar' }, variableBar, linkBar.element),
      grid,
    ),
  );
  void linkBar.load();
  void reloadVariables().then(() => writeAddress(false));
  return {
    element,
    title: settings.title,
    destroy() {
      document.removeEventListener('keydown', onKey);
      stopTheme();
      clearInterval(busyTimer);
      refreshPicker.destroy();
      eventsAbort?.abort();
      seen.disconnect();
      for (const frame of frames.values()) frame.destroy();
      element.remove();
    },
  };
}
