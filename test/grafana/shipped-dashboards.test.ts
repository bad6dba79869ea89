import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { checkDashboard } from '../../bundle/grafana/dashboard-files/check-dashboard.ts';
import { installShippedDashboards } from '../../bundle/grafana/dashboard-files/shipped-dashboards.ts';
import { readTargets } from '../../bundle/grafana/viewer/model/dashboard.ts';
import { variablesIn } from '../../bundle/grafana/viewer/model/interpolate.ts';
import { asRecords, at, type Json } from '../../bundle/grafana/viewer/model/json.ts';
import { migrateDashboard } from '../../bundle/grafana/viewer/model/migrate-dashboard.ts';
import { readVariables } from '../../bundle/grafana/viewer/model/variables.ts';

const shippedDirectory = new URL('../../bundle/grafana/dashboards/', import.meta.url).pathname;
const files = readdirSync(shippedDirectory);

describe('the shipped dashboards', () => {
  const dashboards = files.map((file) => ({
    file,
    json: JSON.parse(readFileSync(join(shippedDirectory, file), 'utf8')) as Json,
  }));

  test('are the ones promised', () => {
    assert.deepEqual(files.sort(), [
      'carbon-health.json',
      'collectd-host.json',
      'collectd-system.json',
      'dss-backend.json',
      'dss-system.json',
      'jupyterhub.json',
      'statsd.json',
    ]);
    const uids = dashboards.map(({ json }) => json['uid']);
    assert.equal(new Set(uids).size, files.length);
    // Links to the original's dashboards stay good.
    for (const uid of ['collectd', 'fk_ptOZiz', 'Sr8KoNWiz']) assert.ok(uids.includes(uid), uid);
  });

  for (const { file, json } of dashboards) {
    test(`${file} opens here and in today's Grafana`, () => {
      checkDashboard(json);
      assert.deepEqual(migrateDashboard(json), json, 'it is in the newest form already');
      const panels = asRecords(json['panels']);
      const ids = panels.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      const names = new Set(readVariables(json).map(({ name }) => name));
      for (const panel of panels) {
        const where = `${file}: ${panel['title']}`;
        assert.ok(
          ['timeseries', 'stat', 'gauge', 'bargauge', 'text', 'row'].includes(
            String(panel['type']),
          ),
          where,
        );
        if (panel['type'] === 'row' || panel['type'] === 'text') continue;
        assert.equal(at(panel, 'datasource', 'uid'), 'DkuCarbonAPI', where);
        for (const { target } of readTargets(panel)) {
          assert.equal(target.split('(').length, target.split(')').length, `${where}: ${target}`);
          for (const name of variablesIn(target)) assert.ok(names.has(name), `${where}: $${name}`);
        }
      }
    });
  }

  test("the original's faults are gone", () => {
    const text = files.map((file) => readFileSync(join(shippedDirectory, file), 'utf8')).join('');
    assert.doesNotMatch(text, /\[0-128\]/);
    assert.doesNotMatch(text, /com\.dataiku/);
    assert.doesNotMatch(text, /file_handles\.mapped/);
    assert.match(text, /dss_backend\.file_handles/);
    assert.match(text, /disk_time/);
    assert.doesNotMatch(text, /"type": "graph"/);
  });
});

describe('bringing them into an instance', () => {
  let directory: string;
  const ship = (name: string, content: string): void =>
    writeFileSync(join(directory, 'shipped', name), content);
  const own = (name: string): string => join(directory, 'dashboards', name);
  const install = (): string[] =>
    installShippedDashboards({
      shippedDirectory: join(directory, 'shipped'),
      dashboardsDirectory: join(directory, 'dashboards'),
      ledgerFile: join(directory, 'storage/ledger.json'),
    });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dkumonitor-shipped-'));
    mkdirSync(join(directory, 'shipped'));
    ship('a.json', 'a1');
    ship('b.json', 'b1');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('all at first, nothing the second time', () => {
    assert.deepEqual(install(), ['a.json', 'b.json']);
    assert.deepEqual(install(), []);
  });
  test('an update follows where the user changed nothing', () => {
    install();
    writeFileSync(own('b.json'), 'mine');
    ship('a.json', 'a2');
    ship('b.json', 'b2');
    ship('c.json', 'c1');
    assert.deepEqual(install(), ['a.json', 'c.json']);
    assert.equal(readFileSync(own('b.json'), 'utf8'), 'mine');
    ship('b.json', 'b3');
    assert.deepEqual(install(), []);
  });
  test('what the user deleted stays deleted', () => {
    install();
    rmSync(own('a.json'));
    ship('a.json', 'a2');
    assert.deepEqual(install(), []);
  });
  test('files the installer put there are known as shipped', () => {
    mkdirSync(join(directory, 'dashboards'));
    writeFileSync(own('a.json'), 'a1');
    writeFileSync(own('b.json'), "somebody's own");
    assert.deepEqual(install(), []);
    ship('a.json', 'a2');
    ship('b.json', 'b2');
    assert.deepEqual(install(), ['a.json']);
    assert.equal(readFileSync(own('b.json'), 'utf8'), "somebody's own");
  });
  test('a kit without dashboards is no error', () => {
    rmSync(join(directory, 'shipped'), { recursive: true });
    assert.deepEqual(install(), []);
  });
});
