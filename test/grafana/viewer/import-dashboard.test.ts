import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readImport } from '../../../bundle/grafana/viewer/model/import-dashboard.ts';
import { asRecords, at } from '../../../bundle/grafana/viewer/model/json.ts';

test('placeholders of an export for sharing are filled in', () => {
  const shared = {
    __inputs: [
      { name: 'DS_GRAPHITE', type: 'datasource', pluginId: 'graphite' },
      { name: 'VAR_BASE', type: 'constant', value: 'site "one"' },
    ],
    __requires: [],
    id: 7,
    title: 'Shared',
    templating: { list: [{ name: 'base', type: 'constant', query: '${VAR_BASE}' }] },
    panels: [{ type: 'graph', datasource: '${DS_GRAPHITE}', targets: [{ target: '${base}.x' }] }],
  };
  const dashboard = readImport(JSON.stringify(shared));
  const [panel] = asRecords(dashboard['panels']);
  assert.equal(panel?.['datasource'], 'DkuCarbonAPI');
  assert.equal(asRecords(panel?.['targets'])[0]?.['target'], '${base}.x');
  assert.equal(asRecords(at(dashboard, 'templating', 'list'))[0]?.['query'], 'site "one"');
  for (const key of ['__inputs', '__requires', 'id']) assert.ok(!(key in dashboard), key);
});

test("the answer of Grafana's API is unwrapped", () => {
  const text = JSON.stringify({ meta: {}, dashboard: { title: 'Inner', panels: [] } });
  assert.equal(readImport(text)['title'], 'Inner');
});

test('what is no dashboard is told', () => {
  assert.throws(() => readImport('{'), /not JSON/);
  assert.throws(() => readImport('[]'), /no title/);
  assert.throws(() => readImport('{"panels": []}'), /no title/);
});
