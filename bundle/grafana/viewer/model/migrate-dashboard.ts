// A dashboard of any Grafana version as today's classic JSON: rows on a grid of 24 columns, current
// panel types. The key order of the document is kept.
import { asList, asNumber, asRecord, asRecords, asText, at, cloneJson, type Json } from './json.ts';
import { migratePanel } from './migrate-panel.ts';

export const currentSchemaVersion = 39;

const gridUnitPixels = 38; // one grid row with its gap
const defaultRowPixels = 250;

function gridRowsOf(height: unknown): number {
  const pixels = Number.parseInt(asText(height, String(defaultRowPixels)), 10);
  return Math.max(
    3,
    Math.ceil((Number.isNaN(pixels) ? defaultRowPixels : pixels) / gridUnitPixels),
  );
}

/** `rows` of Grafana before 5: panels side by side in 12 columns, wrapped when a row is full. */
function panelsOfRows(rows: Json[]): Json[] {
  const panels: Json[] = [];
  const hasTitles = rows.some((row) => row['showTitle'] === true || row['collapse'] === true);
  let top = 0;
  for (const row of rows) {
    const rowHeight = gridRowsOf(row['height']);
    const isCollapsed = row['collapse'] === true;
    const header: Json = {
      type: 'row',
      title: asText(row['title']),
      collapsed: isCollapsed,
      gridPos: { x: 0, y: top, w: 24, h: 1 },
      panels: [],
      ...(row['repeat'] ? { repeat: row['repeat'] } : {}),
    };
    if (hasTitles) {
      panels.push(header);
      top += 1;
    }
    let [left, lineHeight] = [0, 0];
    for (const panel of asRecords(row['panels'])) {
      const w = Math.min(24, Math.max(1, Math.round((asNumber(panel['span']) ?? 4) * 2)));
      const h = panel['height'] === undefined ? rowHeight : gridRowsOf(panel['height']);
      if (left + w > 24) {
        top += lineHeight;
        [left, lineHeight] = [0, 0];
      }
      const placed: Json = { ...panel, gridPos: { x: left, y: top, w, h } };
      delete placed['span'];
      delete placed['height'];
      if (isCollapsed) (header['panels'] as Json[]).push(placed);
      else panels.push(placed);
      left += w;
      lineHeight = Math.max(lineHeight, h);
    }
    top += lineHeight;
  }
  return panels;
}

function withIds(panels: Json[]): Json[] {
  const all = panels.flatMap((panel) => [panel, ...asRecords(panel['panels'])]);
  const used = new Set<number>();
  let next = Math.max(0, ...all.map((panel) => asNumber(panel['id']) ?? 0)) + 1;
  for (const panel of all) {
    const id = asNumber(panel['id']);
    if (id === undefined || used.has(id)) {
      panel['id'] = next;
      next += 1;
    }
    used.add(panel['id'] as number);
  }
  return panels;
}

function withRefIds(panel: Json): Json {
  const targets = asRecords(panel['targets']);
  if (targets.length === 0 || targets.every((one) => asText(one['refId']) !== '')) return panel;
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  return {
    ...panel,
    targets: targets.map((one, index) => ({ ...one, refId: one['refId'] ?? letters[index % 26] })),
  };
}

function migratePanels(list: unknown): Json[] {
  return asRecords(list).map((panel) => {
    const migrated = withRefIds(migratePanel(panel));
    return migrated['type'] === 'row'
      ? { ...migrated, panels: migratePanels(migrated['panels']) }
      : migrated;
  });
}

/** Never changes its argument. */
export function migrateDashboard(source: unknown): Json {
  const dashboard = cloneJson(asRecord(source));
  const rows = asRecords(dashboard['rows']);
  const panels = rows.length > 0 ? panelsOfRows(rows) : asRecords(dashboard['panels']);
  delete dashboard['rows'];
  dashboard['panels'] = withIds(migratePanels(panels));
  dashboard['schemaVersion'] = Math.max(
    asNumber(dashboard['schemaVersion']) ?? 0,
    currentSchemaVersion,
  );
  dashboard['time'] ??= { from: 'now-6h', to: 'now' };
  dashboard['templating'] ??= { list: [] };
  if (dashboard['refresh'] === false) dashboard['refresh'] = '';
  return dashboard;
}

/** Data sources other than Graphite that panels of the dashboard ask; they cannot be drawn here. */
export function foreignDataSource(panel: Json): string | undefined {
  const sources = [
    panel['datasource'],
    ...asList(panel['targets']).map((one) => at(one, 'datasource')),
  ];
  for (const source of sources) {
    const type = asText(at(source, 'type'));
    if (type !== '' && !['graphite', 'datasource', 'mixed', 'grafana'].includes(type)) return type;
  }
  return undefined;
}
