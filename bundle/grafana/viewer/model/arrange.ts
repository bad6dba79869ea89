// Placing one panel anew on the grid of 24 columns: those in its way move down, then everything
// rises as far as it can, as in Grafana.
import { type GridPosition, readGrid } from './dashboard.ts';
import { asRecords, type Json } from './json.ts';

interface Placed {
  json: Json;
  grid: GridPosition;
}

const collide = (a: GridPosition, b: GridPosition): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const inReadingOrder = (a: Placed, b: Placed): number => a.grid.y - b.grid.y || a.grid.x - b.grid.x;

/** Writes the new places into the JSON of all panels of `dashboard`. */
export function arrangePanels(dashboard: Json, moved: Json, wanted: GridPosition): void {
  const all = asRecords(dashboard['panels']).map((json) => ({ json, grid: readGrid(json) }));
  const first = all.find(({ json }) => json === moved);
  if (first === undefined) return;
  const w = Math.min(24, Math.max(1, wanted.w));
  const x = Math.min(24 - w, Math.max(0, wanted.x));
  first.grid = { x, y: Math.max(0, wanted.y), w, h: Math.max(1, wanted.h) };

  const settled: Placed[] = [first];
  for (const one of all.filter((other) => other !== first).sort(inReadingOrder)) {
    for (;;) {
      const blocking = settled.find(({ grid }) => collide(grid, one.grid));
      if (blocking === undefined) break;
      one.grid = { ...one.grid, y: blocking.grid.y + blocking.grid.h };
    }
    settled.push(one);
  }

  const risen: Placed[] = [];
  for (const one of settled.sort(inReadingOrder)) {
    const { grid } = one;
    const below = risen
      .filter((other) => other.grid.x < grid.x + grid.w && grid.x < other.grid.x + other.grid.w)
      .map((other) => other.grid.y + other.grid.h);
    one.grid = { ...grid, y: Math.max(0, ...below) };
    risen.push(one);
    one.json['gridPos'] = one.grid;
  }
  dashboard['panels'] = risen.map(({ json }) => json);
}
