// Whatever a file says, the viewer's model reads it without an exception and within bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layoutPanels, readSettings } from '../../../bundle/grafana/viewer/model/dashboard.ts';
import { resolveField } from '../../../bundle/grafana/viewer/model/field.ts';
import { interpolate } from '../../../bundle/grafana/viewer/model/interpolate.ts';
import { migrateDashboard } from '../../../bundle/grafana/viewer/model/migrate-dashboard.ts';
import { parseRenderAnswer } from '../../../bundle/grafana/viewer/model/series.ts';
import { formatValue } from '../../../bundle/grafana/viewer/model/units.ts';
import { inOrder, readVariables } from '../../../bundle/grafana/viewer/model/variables.ts';

const anything = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>;

const panel = fc.record(
  {
    id: anything,
    type: fc.oneof(
      fc.constantFrom(
        'graph',
        'singlestat',
        'table',
        'text',
        'row',
        'timeseries',
        'grafana-piechart-panel',
      ),
      anything,
    ),
    gridPos: fc.oneof(
      fc.record({ x: fc.integer(), y: fc.integer({ max: 1e6 }), w: fc.integer(), h: fc.integer() }),
      anything,
    ),
    targets: fc.oneof(
      fc.array(fc.record({ refId: anything, target: anything, hide: anything })),
      anything,
    ),
    fieldConfig: fc.oneof(fc.record({ defaults: anything, overrides: anything }), anything),
    panels: anything,
    yaxes: anything,
    seriesOverrides: anything,
    aliasColors: anything,
    thresholds: anything,
    legend: anything,
    tooltip: anything,
    valueMaps: anything,
    styles: anything,
    repeat: fc.constantFrom('host', undefined),
    span: anything,
    height: anything,
  },
  { requiredKeys: [] },
);

const dashboard = fc.record(
  {
    title: anything,
    panels: fc.oneof(fc.array(panel, { maxLength: 5 }), anything),
    rows: fc.oneof(
      fc.array(
        fc.record({
          height: anything,
          collapse: anything,
          panels: fc.oneof(fc.array(panel), anything),
        }),
      ),
      anything,
    ),
    templating: fc.oneof(
      fc.record({
        list: fc.oneof(
          fc.array(
            fc.record({
              name: anything,
              type: anything,
              query: anything,
              current: anything,
              sort: anything,
            }),
          ),
          anything,
        ),
      }),
      anything,
    ),
    time: anything,
    schemaVersion: anything,
    refresh: anything,
    timepicker: anything,
  },
  { requiredKeys: [] },
);

test('dashboards', () => {
  fc.assert(
    fc.property(dashboard, (source) => {
      const migrated = migrateDashboard(source);
      readSettings(migrated);
      inOrder(readVariables(migrated));
      for (const one of layoutPanels(migrated, new Map([['host', { value: ['a', 'b'] }]]))) {
        assert.ok(one.grid.x >= 0 && one.grid.x + one.grid.w <= 24);
        resolveField(one.fieldConfig, 'name');
      }
    }),
    { numRuns: 500 },
  );
});

test('answers', () => {
  fc.assert(fc.property(anything, (answer) => void parseRenderAnswer(answer)));
});

test('text and units', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'toString')),
      fc.double(),
      (text, unit, value) => {
        interpolate(text, new Map([['a', { value: [text, unit] }]]));
        assert.equal(typeof formatValue(value, unit), 'string');
      },
    ),
  );
});
