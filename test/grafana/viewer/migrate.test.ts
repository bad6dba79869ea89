import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { layoutPanels } from '../../../bundle/grafana/viewer/model/dashboard.ts';
import { resolveField, thresholdColor } from '../../../bundle/grafana/viewer/model/field.ts';
import { asRecords, at, type Json } from '../../../bundle/grafana/viewer/model/json.ts';
import {
  foreignDataSource,
  migrateDashboard,
} from '../../../bundle/grafana/viewer/model/migrate-dashboard.ts';
import { migratePanel } from '../../../bundle/grafana/viewer/model/migrate-panel.ts';

const graph = (more: Json = {}): Json => ({
  id: 1,
  type: 'graph',
  title: 'CPU',
  lines: true,
  fill: 2,
  linewidth: 3,
  nullPointMode: 'connected',
  yaxes: [{ format: 'percent', min: '0', max: 100 }, { format: 'bytes' }],
  targets: [{ refId: 'A', target: 'a.b' }],
  ...more,
});
const field = (panel: Json, name = 'x') => resolveField(panel['fieldConfig'] as Json, name);

describe('the graph panel of Grafana before 8', () => {
  test('axis, lines, filling, gaps', () => {
    const panel = migratePanel(graph());
    assert.equal(panel['type'], 'timeseries');
    const { unit, min, max, lineWidth, fillOpacity, spanNulls, drawStyle } = field(panel);
    assert.deepEqual(
      { unit, min, max, lineWidth, fillOpacity, spanNulls, drawStyle },
      {
        unit: 'percent',
        min: 0,
        max: 100,
        lineWidth: 3,
        fillOpacity: 20,
        spanNulls: true,
        drawStyle: 'line',
      },
    );
    assert.ok(!('yaxes' in panel) && !('linewidth' in panel));
  });
  test('stacks, bars, steps, points', () => {
    assert.equal(field(migratePanel(graph({ stack: true }))).stacking, 'normal');
    assert.equal(field(migratePanel(graph({ stack: true, percentage: true }))).stacking, 'percent');
    assert.equal(field(migratePanel(graph({ bars: true, lines: false }))).drawStyle, 'bars');
    assert.equal(field(migratePanel(graph({ points: true, lines: false }))).drawStyle, 'points');
    assert.equal(field(migratePanel(graph({ steppedLine: true }))).lineInterpolation, 'stepAfter');
  });
  test('null as zero becomes part of the query, hidden queries stay', () => {
    const targets = [
      { refId: 'A', target: 'a' },
      { refId: 'B', target: 'b', hide: true },
    ];
    const panel = migratePanel(graph({ nullPointMode: 'null as zero', targets }));
    assert.deepEqual(
      asRecords(panel['targets']).map(({ target }) => target),
      ['transformNull(a, 0)', 'b'],
    );
  });
  test('colors and overrides by name and by pattern', () => {
    const panel = migratePanel(
      graph({
        aliasColors: { red: '#f00' },
        seriesOverrides: [
          { alias: '/mem/', yaxis: 2, fill: 0, stack: false },
          { alias: 'out', transform: 'negative-Y' },
        ],
      }),
    );
    assert.equal(field(panel, 'red').color, '#f00');
    assert.equal(field(panel, 'memory').axis, 'right');
    assert.equal(field(panel, 'memory').unit, 'bytes');
    assert.equal(field(panel, 'memory').fillOpacity, 0);
    assert.equal(field(panel, 'out').isNegative, true);
    assert.equal(field(panel, 'other').axis, 'left');
  });
  test('legend figures and thresholds', () => {
    const panel = migratePanel(
      graph({
        legend: {
          show: true,
          values: true,
          avg: true,
          current: true,
          alignAsTable: true,
          rightSide: true,
        },
        thresholds: [{ value: 90, op: 'gt', line: true, colorMode: 'critical' }],
      }),
    );
    assert.deepEqual(at(panel, 'options', 'legend'), {
      displayMode: 'table',
      placement: 'right',
      showLegend: true,
      calcs: ['mean', 'lastNotNull'],
    });
    assert.equal(field(panel).thresholdsStyle, 'line');
    assert.equal(thresholdColor(field(panel), 95), 'red');
  });
});

describe('other old panels', () => {
  test('singlestat', () => {
    const panel = migratePanel({
      type: 'singlestat',
      format: 'ms',
      valueName: 'max',
      thresholds: '10,20',
      colors: ['#0f0', '#ff0', '#f00'],
      colorValue: true,
      sparkline: { show: true },
      valueMaps: [
        { value: 'null', text: 'N/A' },
        { value: '1', text: 'up' },
      ],
    });
    assert.equal(panel['type'], 'stat');
    assert.deepEqual(at(panel, 'options', 'reduceOptions', 'calcs'), ['max']);
    assert.equal(thresholdColor(field(panel), 15), '#ff0');
    assert.equal(field(panel).mappings.find((one) => one.matches(null))?.text, 'N/A');
    assert.equal(field(panel).mappings.find((one) => one.matches(1))?.text, 'up');
  });
  test('singlestat with a gauge', () => {
    const panel = migratePanel({
      type: 'singlestat',
      gauge: { show: true, minValue: 0, maxValue: 50 },
    });
    assert.equal(panel['type'], 'gauge');
    assert.equal(field(panel).max, 50);
  });
  test('text and old table', () => {
    assert.deepEqual(migratePanel({ type: 'text', mode: 'markdown', content: '# x' })['options'], {
      mode: 'markdown',
      content: '# x',
    });
    assert.equal(migratePanel({ type: 'table', styles: [] })['type'], 'table');
    assert.equal(migratePanel({ type: 'table-old' })['type'], 'table');
  });
  test("today's panels stay the same object", () => {
    const panel = { type: 'timeseries', fieldConfig: { defaults: {}, overrides: [] } };
    assert.equal(migratePanel(panel), panel);
  });
});

describe('rows of Grafana before 5', () => {
  const dashboard = migrateDashboard({
    title: 'old',
    rows: [
      {
        height: '250px',
        showTitle: true,
        title: 'First',
        panels: [graph({ span: 6 }), graph({ span: 6 }), graph({ span: 12, height: 100 })],
      },
      { height: 152, collapse: true, title: 'Closed', panels: [graph({ span: 4 })] },
    ],
  });
  const panels = asRecords(dashboard['panels']);
  test('side by side, wrapped, below a row', () => {
    const grids = panels.map(({ gridPos }) => Object.values(gridPos as Json).join(' '));
    assert.deepEqual(grids.slice(0, 4), ['0 0 24 1', '0 1 12 7', '12 1 12 7', '0 8 24 3']);
  });
  test('ids are unique, nothing of the rows is left', () => {
    const ids = panels.flatMap((panel) => [
      panel['id'],
      ...asRecords(panel['panels']).map(({ id }) => id),
    ]);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(!('rows' in dashboard));
  });
  test('a closed row keeps its panels', () => {
    const row = panels.find(({ title }) => title === 'Closed');
    assert.equal(row?.['collapsed'], true);
    assert.equal(asRecords(row?.['panels'])[0]?.['type'], 'timeseries');
  });
});

test('migration leaves its argument alone and does nothing twice', () => {
  const source = { title: 'x', schemaVersion: 16, panels: [graph()] };
  const copy = JSON.stringify(source);
  const once = migrateDashboard(source);
  assert.equal(JSON.stringify(source), copy);
  assert.deepEqual(migrateDashboard(once), once);
  assert.equal(Object.keys(once)[0], 'title');
});

test('junk is no reason to fall over', () => {
  for (const junk of [
    null,
    5,
    [],
    { panels: [null, 5, {}] },
    { rows: [{ panels: 'x' }] },
    { templating: 5 },
  ])
    layoutPanels(migrateDashboard(junk), new Map());
});

test('panels of other data sources are told apart', () => {
  assert.equal(foreignDataSource({ datasource: { type: 'prometheus' } }), 'prometheus');
  assert.equal(foreignDataSource({ datasource: 'DkuCarbonAPI' }), undefined);
  assert.equal(
    foreignDataSource({
      datasource: { type: 'graphite' },
      targets: [{ datasource: { type: 'loki' } }],
    }),
    'loki',
  );
});

describe('repeats', () => {
  const scope = new Map([['host', { value: ['a', 'b', 'c'] }]]);
  const panel = (more: Json): Json => ({
    id: 1,
    type: 'timeseries',
    gridPos: { x: 0, y: 0, w: 24, h: 8 },
    ...more,
  });
  const place = (dashboard: Json) =>
    layoutPanels(dashboard, scope).map(({ grid, type, scope: own }) => {
      const value = own.get('host')?.value;
      return `${type === 'row' ? 'row' : ''}${Array.isArray(value) ? '*' : value}@${grid.x},${grid.y} ${grid.w}x${grid.h}`;
    });
  test('a panel side by side; what is below stays below', () => {
    const dashboard = {
      panels: [
        panel({ repeat: 'host', maxPerRow: 2 }),
        panel({ id: 2, gridPos: { x: 0, y: 8, w: 24, h: 4 } }),
      ],
    };
    assert.deepEqual(place(dashboard), ['a@0,0 12x8', 'b@12,0 12x8', 'c@0,8 12x8', '*@0,16 24x4']);
  });
  test('a panel downwards', () => {
    assert.deepEqual(place({ panels: [panel({ repeat: 'host', repeatDirection: 'v' })] }), [
      'a@0,0 24x8',
      'b@0,8 24x8',
      'c@0,16 24x8',
    ]);
  });
  test('a row with its panels', () => {
    const row = {
      id: 9,
      type: 'row',
      repeat: 'host',
      gridPos: { x: 0, y: 0, w: 24, h: 1 },
      panels: [],
    };
    assert.deepEqual(place({ panels: [row, panel({ gridPos: { x: 0, y: 1, w: 12, h: 5 } })] }), [
      'rowa@0,0 24x1',
      'a@0,1 12x5',
      'rowb@0,6 24x1',
      'b@0,7 12x5',
      'rowc@0,12 24x1',
      'c@0,13 12x5',
    ]);
  });
});
