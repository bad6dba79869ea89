// Typed access to a migrated dashboard. The JSON stays the one truth: edits go into it and these
// views are read anew.
import { interpolate, type Scope } from './interpolate.ts';
import { asList, asNumber, asRecord, asRecords, asText, asTexts, at, type Json } from './json.ts';
import type { Target } from './targets.ts';

export interface GridPosition {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  id: number;
  /** Tells repeated copies of one panel apart. */
  key: string;
  type: string;
  title: string;
  description: string;
  grid: GridPosition;
  targets: Target[];
  fieldConfig: Json;
  options: Json;
  /** What repeats bind on top of the dashboard's variables. */
  scope: Scope;
  collapsed: boolean;
  json: Json;
}

export function readTargets(json: Json): Target[] {
  return asRecords(json['targets']).map((target) => ({
    refId: asText(target['refId']),
    target: asText(target['target']),
    hide: target['hide'] === true,
  }));
}

export function readGrid(json: Json): GridPosition {
  const grid = asRecord(json['gridPos']);
  const w = Math.min(24, Math.max(1, asNumber(grid['w']) ?? 12));
  return {
    x: Math.min(24 - w, Math.max(0, asNumber(grid['x']) ?? 0)),
    y: Math.max(0, asNumber(grid['y']) ?? 0),
    w,
    h: Math.max(1, asNumber(grid['h']) ?? 8),
  };
}

function readPanel(json: Json, scope: Scope, grid: GridPosition, key: string): Panel {
  return {
    id: asNumber(json['id']) ?? 0,
    key,
    type: asText(json['type']),
    title: asText(json['title']),
    description: asText(json['description']),
    grid,
    targets: readTargets(json),
    fieldConfig: asRecord(json['fieldConfig']),
    options: asRecord(json['options']),
    scope,
    collapsed: json['collapsed'] === true,
    json,
  };
}

const copiesMax = 50;

/** Scopes of the copies a `repeat` asks for; one unchanged scope without repeat. */
function repeatScopes(json: Json, scope: Scope): Scope[] {
  const name = asText(json['repeat']);
  const bound = name === '' ? undefined : scope.get(name);
  if (bound === undefined) return [scope];
  const values = Array.isArray(bound.value) ? bound.value : [bound.value];
  return values
    .slice(0, copiesMax)
    .map((value) => new Map([...scope, [name, { value, text: value }]]));
}

/** Copies side by side (or below each other), each as wide as the line allows. */
function repeatGrids(json: Json, count: number): GridPosition[] {
  const grid = readGrid(json);
  if (count === 1) return [grid];
  if (json['repeatDirection'] === 'v')
    return Array.from({ length: count }, (_, n) => ({ ...grid, y: grid.y + n * grid.h }));
  const inLine = Math.min(count, asNumber(json['maxPerRow']) ?? 4);
  const w = Math.floor(24 / inLine);
  return Array.from({ length: count }, (_, n) => ({
    x: (n % inLine) * w,
    y: grid.y + Math.floor(n / inLine) * grid.h,
    w,
    h: grid.h,
  }));
}

interface Section {
  row: Json | undefined;
  panels: Json[];
}

function sectionsOf(panels: Json[]): Section[] {
  const sections: Section[] = [{ row: undefined, panels: [] }];
  const sorted = [...panels].sort((a, b) => {
    const [first, second] = [readGrid(a), readGrid(b)];
    return first.y - second.y || first.x - second.x;
  });
  for (const panel of sorted) {
    if (panel['type'] === 'row') sections.push({ row: panel, panels: asRecords(panel['panels']) });
    else sections[sections.length - 1]?.panels.push(panel);
  }
  return sections;
}

/**
 * The panels as they lie on the page: rows and panels repeated for the values of their variable,
 * what follows moved down, panels of a collapsed row left out.
 */
export function layoutPanels(dashboard: Json, scope: Scope): Panel[] {
  const placed: Panel[] = [];
  let pushed = 0; // grid rows everything below moves down (or up)
  for (const { row, panels } of sectionsOf(asRecords(dashboard['panels']))) {
    const isCollapsed = row?.['collapsed'] === true;
    const rowGrid = row === undefined ? undefined : readGrid(row);
    const scopes = row === undefined ? [scope] : repeatScopes(row, scope);
    const bottom = Math.max(
      (rowGrid?.y ?? 0) + (rowGrid === undefined ? 0 : 1),
      ...panels.map((json) => readGrid(json).y + readGrid(json).h),
    );
    scopes.forEach((rowScope, copy) => {
      if (copy > 0 && rowGrid !== undefined) pushed += isCollapsed ? 1 : bottom - rowGrid.y;
      if (row !== undefined && rowGrid !== undefined) {
        const grid = { x: 0, y: rowGrid.y + pushed, w: 24, h: 1 };
        placed.push(readPanel(row, rowScope, grid, `${asText(row['id'])}/${copy}`));
      }
      if (isCollapsed) return;
      for (const json of panels) {
        const panelScopes = repeatScopes(json, rowScope);
        const grids = repeatGrids(json, panelScopes.length);
        panelScopes.forEach((panelScope, n) => {
          const grid = grids[n] as GridPosition;
          const key = `${asText(json['id'])}/${copy}/${n}`;
          placed.push(readPanel(json, panelScope, { ...grid, y: grid.y + pushed }, key));
        });
        const last = grids[grids.length - 1] as GridPosition;
        pushed += last.y - readGrid(json).y;
      }
    });
  }
  return placed;
}

export const panelTitle = (panel: Panel): string => interpolate(panel.title, panel.scope, 'text');

export interface DashboardSettings {
  uid: string;
  title: string;
  tags: string[];
  from: string;
  to: string;
  refresh: string;
  refreshChoices: string[];
  isUtc: boolean;
  /** 0 own crosshair, 1 shared crosshair, 2 shared tooltip. */
  graphTooltip: number;
  version: number;
}

export const defaultRefreshChoices = [
  '5s',
  '10s',
  '30s',
  '1m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '1d',
];

export function readSettings(dashboard: Json): DashboardSettings {
  const choices = asTexts(at(dashboard, 'timepicker', 'refresh_intervals'));
  return {
    uid: asText(dashboard['uid']),
    title: asText(dashboard['title'], 'Dashboard'),
    tags: asTexts(dashboard['tags']),
    from: asText(at(dashboard, 'time', 'from'), 'now-6h'),
    to: asText(at(dashboard, 'time', 'to'), 'now'),
    refresh: asText(dashboard['refresh']),
    refreshChoices: choices.length > 0 ? choices : defaultRefreshChoices,
    isUtc: dashboard['timezone'] === 'utc',
    graphTooltip: asNumber(dashboard['graphTooltip']) ?? 0,
    version: asNumber(dashboard['version']) ?? 0,
  };
}

/** The first free place below everything else. */
export function placeBelow(dashboard: Json): number {
  const panels = asList(dashboard['panels']).map(asRecord);
  return Math.max(0, ...panels.map((json) => readGrid(json).y + readGrid(json).h));
}
