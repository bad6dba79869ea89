import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrangePanels } from '../../../bundle/grafana/viewer/model/arrange.ts';
import { readGrid } from '../../../bundle/grafana/viewer/model/dashboard.ts';
import { asRecords, type Json } from '../../../bundle/grafana/viewer/model/json.ts';

const panel = (title: string, x: number, y: number, w: number, h: number, type = 'stat'): Json => ({
  title,
  type,
  gridPos: { x, y, w, h },
});
const places = (dashboard: Json): string[] =>
  asRecords(dashboard['panels']).map((json) => {
    const { x, y, w, h } = readGrid(json);
    return `${json['title']} ${x},${y} ${w}x${h}`;
  });

function arrange(panels: Json[], title: string, grid: [number, number, number, number]): string[] {
  const dashboard: Json = { panels };
  const [x, y, w, h] = grid;
  const moved = panels.find((one) => one['title'] === title) as Json;
  arrangePanels(dashboard, moved, { x, y, w, h });
  return places(dashboard);
}

test('what is in the way moves down', () => {
  const panels = [panel('a', 0, 0, 12, 4), panel('b', 12, 0, 12, 4), panel('c', 0, 4, 24, 4)];
  assert.deepEqual(arrange(panels, 'b', [0, 0, 12, 4]), ['b 0,0 12x4', 'a 0,4 12x4', 'c 0,8 24x4']);
});

test('what has room above rises', () => {
  const panels = [panel('a', 0, 0, 12, 8), panel('b', 12, 0, 12, 8), panel('c', 0, 8, 12, 4)];
  assert.deepEqual(arrange(panels, 'a', [0, 0, 12, 2]), [
    'a 0,0 12x2',
    'b 12,0 12x8',
    'c 0,2 12x4',
  ]);
});

test('a panel dropped far below comes to rest', () => {
  const panels = [panel('a', 0, 0, 12, 4), panel('b', 0, 4, 12, 4)];
  assert.deepEqual(arrange(panels, 'a', [0, 50, 12, 4]), ['b 0,0 12x4', 'a 0,4 12x4']);
});

test('rows keep their panels below them', () => {
  const panels = [
    panel('row', 0, 0, 24, 1, 'row'),
    panel('a', 0, 1, 8, 4),
    panel('row2', 0, 5, 24, 1, 'row'),
    panel('b', 0, 6, 8, 4),
  ];
  assert.deepEqual(arrange(panels, 'a', [8, 1, 8, 6]), [
    'row 0,0 24x1',
    'a 8,1 8x6',
    'row2 0,7 24x1',
    'b 0,8 8x4',
  ]);
});

test('sizes and places outside the grid are brought back', () => {
  assert.deepEqual(arrange([panel('a', 0, 0, 12, 4)], 'a', [20, -3, 99, 0]), ['a 0,0 24x1']);
});
