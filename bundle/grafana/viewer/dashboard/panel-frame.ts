// One panel on the page: head with title and menu, loading mark, data, and in words what is wrong
// when there is nothing to draw.
import { ApiError, type MetricEvent, render } from '../api.ts';
import { type Panel, panelTitle } from '../model/dashboard.ts';
import { interpolate, type Scope, variablesIn } from '../model/interpolate.ts';
import { asNumber, asText, at } from '../model/json.ts';
import { foreignDataSource } from '../model/migrate-dashboard.ts';
import { hasPoints, type Series } from '../model/series.ts';
import { resolveTargets } from '../model/targets.ts';
import { durationMs, formatInterval, intervalMs, type TimeRange } from '../model/time-range.ts';
import { panelTypeOf } from '../panels/index.ts';
import type { Renderer } from '../panels/renderer.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { type MenuItem, menu, popover } from '../ui/popover.ts';

export interface PanelContext {
  range: TimeRange;
  events: MetricEvent[];
  isUtc: boolean;
  dashboardUid: string;
}

export interface PanelFrameOptions {
  panel: Panel;
  crosshairKey: string | undefined;
  menuItems(panel: Panel): MenuItem[];
  onZoom(fromMs: number, toMs: number): void;
  context(): PanelContext;
}

export interface PanelFrame {
  readonly panel: Panel;
  element: HTMLElement;
  /** Takes a changed definition, keeping what is drawn until new data is there. */
  setPanel(panel: Panel): void;
  /** Asks for data; an unanswered question is given up first unless `isPatient`. */
  refresh(isPatient: boolean): void;
  redraw(): void;
  isLoading(): boolean;
  /** The queries sent last and what came back. */
  lastAnswer(): { targets: string[]; series: Series[] };
  destroy(): void;
}

const pointsMin = 100;
const seriesDrawnMax = 1000; // more than a person or a browser can handle

/** Variables that depend on the panel's width and the time range. */
function timeScope(panel: Panel, range: TimeRange, points: number): Scope {
  const leastMs = durationMs(asText(panel.json['interval']).replace(/^>/, '')) ?? 1000;
  const stepMs = intervalMs(range, points, leastMs);
  const spanMs = range.toMs - range.fromMs;
  const bound = (value: string | number) => ({ value: String(value) });
  return new Map([
    ...panel.scope,
    ['__interval', bound(formatInterval(stepMs))],
    ['__interval_ms', bound(stepMs)],
    ['__rate_interval', bound(formatInterval(stepMs))],
    ['__range', bound(`${Math.round(spanMs / 1000)}s`)],
    ['__range_s', bound(Math.round(spanMs / 1000))],
    ['__range_ms', bound(spanMs)],
    ['__from', bound(range.fromMs)],
    ['__to', bound(range.toMs)],
  ]);
}

/** The range the panel asks for: its own `timeFrom` and `timeShift`, or the dashboard's. */
function ownRange(panel: Panel, range: TimeRange): { range: TimeRange; note: string } {
  const last = durationMs(
    interpolate(asText(panel.json['timeFrom']), panel.scope).replace(/^now-/, ''),
  );
  const shift = durationMs(interpolate(asText(panel.json['timeShift']), panel.scope));
  let { fromMs, toMs } = range;
  const notes: string[] = [];
  if (last !== undefined) {
    fromMs = toMs - last;
    notes.push(`last ${formatInterval(last)}`);
  }
  if (shift !== undefined) {
    [fromMs, toMs] = [fromMs - shift, toMs - shift];
    notes.push(`${formatInterval(shift)} earlier`);
  }
  return { range: { ...range, fromMs, toMs }, note: notes.join(', ') };
}

function explainEmpty(series: Series[], targets: string[]): string {
  if (series.length > 0) return 'The series exist, but have no values in this time range.';
  const query = targets.length === 1 ? targets[0] : undefined;
  const shown = query !== undefined && query.length <= 160 ? `: ${query}` : '.';
  return `No series match the quer${targets.length === 1 ? 'y' : 'ies'}${shown}`;
}

export function createPanelFrame(options: PanelFrameOptions): PanelFrame {
  let { panel } = options;
  let renderer: Renderer | undefined;
  let renderedType = '';
  let abort: AbortController | undefined;
  let isLoading = false;
  let last: { targets: string[]; series: Series[] } = { targets: [], series: [] };

  const title = h('h3', { class: 'panel-title' });
  const note = h('span', { class: 'panel-note' });
  const help = h('span', { class: 'panel-help', tabindex: 0, role: 'note' }, icon('info'));
  const problem = h('span', { class: 'panel-problem', role: 'img' }, icon('warning'));
  const more = popover({
    label: [icon('more')],
    name: 'Panel menu',
    className: 'plain small panel-menu',
    content: (close) => menu(options.menuItems(panel), close),
  });
  const head = h('header', { class: 'panel-head' }, problem, title, help, note, more.element);
  const content = h('div', { class: 'panel-content' });
  const message = h('div', { class: 'panel-message' });
  const element = h(
    'section',
    { class: 'panel' },
    h('div', { class: 'loading-bar', 'aria-hidden': 'true' }),
    head,
    h('div', { class: 'panel-body' }, content, message),
  );

  function describe(): void {
    const text = panelTitle(panel);
    title.textContent = text;
    title.title = text;
    element.setAttribute('aria-label', text || 'Panel');
    more.button.setAttribute('aria-label', `Menu of ${text || 'panel'}`);
    const description = interpolate(panel.description, panel.scope, 'text');
    help.hidden = description === '';
    help.title = description;
    help.setAttribute('aria-label', description);
    element.classList.toggle('transparent', panel.json['transparent'] === true);
    element.dataset['panelId'] = String(panel.id);
    element.dataset['type'] = panel.type;
  }

  function setState(state: 'empty' | 'error' | 'drawn', text = ''): void {
    element.dataset['state'] = state;
    message.hidden = state === 'drawn';
    content.hidden = state !== 'drawn';
    problem.hidden = state !== 'error';
    problem.title = text;
    problem.setAttribute('aria-label', text);
    if (state === 'empty') fill(message, h('strong', {}, 'No data'), h('p', {}, text));
    if (state === 'error')
      fill(message, icon('warning'), h('strong', {}, 'The query failed'), h('p', {}, text));
  }

  function setLoading(loading: boolean): void {
    isLoading = loading;
    element.classList.toggle('is-loading', loading);
    element.setAttribute('aria-busy', String(loading));
  }

  function draw(series: Series[], range: TimeRange): void {
    const { events, isUtc } = options.context();
    const known = panelTypeOf(panel.type);
    if (known === undefined) return;
    setState('drawn');
    if (renderer === undefined || renderedType !== panel.type) {
      renderer?.destroy();
      renderedType = panel.type;
      renderer = known.create({
        element: content,
        crosshairKey: options.crosshairKey,
        onZoom: options.onZoom,
      });
    }
    renderer.update({ panel, series, range, events, isUtc });
  }

  async function load(): Promise<void> {
    const known = panelTypeOf(panel.type);
    const context = options.context();
    const own = ownRange(panel, context.range);
    note.textContent = own.note;
    if (known === undefined)
      return setState('error', `Panels of type "${panel.type}" are not drawn by this viewer.`);
    if (!known.needsData) return draw([], own.range);
    const foreign = foreignDataSource(panel.json);
    if (foreign !== undefined)
      return setState(
        'error',
        `This panel asks the data source ${foreign}; only Graphite is drawn.`,
      );
    const width = Math.max(element.clientWidth, pointsMin);
    const maxDataPoints = asNumber(panel.json['maxDataPoints']) ?? Math.round(width);
    const scope = timeScope(panel, own.range, maxDataPoints);
    const targets = resolveTargets(panel.targets, scope).map(({ target }) => target);
    if (targets.length === 0) return setState('empty', 'The panel has no query.');
    const unknown = targets.flatMap(variablesIn).find((name) => scope.get(name) === undefined);
    abort = new AbortController();
    const { signal } = abort;
    setLoading(true);
    try {
      const series = await render({
        targets,
        fromMs: own.range.fromMs,
        toMs: own.range.toMs,
        maxDataPoints,
        dashboardUid: context.dashboardUid,
        panelId: panel.id,
        signal,
      });
      if (signal.aborted) return;
      last = { targets, series };
      if (series.length > seriesDrawnMax)
        note.textContent = `the first ${seriesDrawnMax} of ${series.length} series`;
      if (series.some(hasPoints)) draw(series.slice(0, seriesDrawnMax), own.range);
      else if (unknown !== undefined && series.length === 0)
        setState('empty', `The dashboard has no variable $${unknown}.`);
      else {
        const own = asText(at(panel.fieldConfig, 'defaults', 'noValue'));
        setState('empty', own === '' ? explainEmpty(series, targets) : own);
      }
    } catch (error) {
      if (signal.aborted) return;
      const text = error instanceof ApiError ? error.message : String(error);
      setState('error', text);
    } finally {
      if (abort.signal === signal) setLoading(false);
    }
  }

  const resizing = new ResizeObserver(() => {
    if (element.dataset['state'] === 'drawn' && content.clientWidth > 0) renderer?.resize?.();
  });
  resizing.observe(content);
  describe();
  problem.hidden = true;
  message.hidden = true;

  return {
    get panel() {
      return panel;
    },
    element,
    setPanel(next) {
      panel = next;
      describe();
    },
    refresh(isPatient) {
      if (isLoading && isPatient) return;
      abort?.abort();
      setLoading(false);
      void load();
    },
    redraw: () => renderer?.redraw?.(),
    isLoading: () => isLoading,
    lastAnswer: () => last,
    destroy() {
      abort?.abort();
      resizing.disconnect();
      renderer?.destroy();
      element.remove();
    },
  };
}
