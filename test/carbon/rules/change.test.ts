// Bringing existing files in line with edited rules, also while somebody writes to them.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  ChangeRun,
  changeOfMetric,
  historyLoss,
  parseRules,
  planChanges,
  writerNoticesSeconds,
} from '../../../bundle/carbon/rules/index.ts';
import {
  closeWhisper,
  createWhisper,
  fetchSeries,
  formatRetentions,
  metricToPath,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../../bundle/whisper/index.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'change-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const now = Math.floor(Date.now() / 1000);
const rules = parseRules({
  schemas: { text: '[all]\npattern = .\nretentions = 10s:1h,1m:1d\n', file: 's' },
  aggregation: {
    text: '[all]\npattern = .\naggregationMethod = max\nxFilesFactor = 0.1\n',
    file: 'a',
  },
});

function make(metric: string, retentions = '10s:10m,1m:2h'): string {
  const path = join(directory, metricToPath(metric));
  createWhisper(path, { archives: parseRetentions(retentions), sparse: true });
  const handle = openWhisper(path);
  updateMany(handle, [now - 300, now - 100], [1, 2], 2, now);
  closeWhisper(handle);
  return path;
}

const retentionsOf = (path: string): string => {
  const handle = openWhisper(path, { readOnly: true });
  closeWhisper(handle);
  const { archives, aggregationMethod } = handle.layout;
  return `${formatRetentions(archives)} ${aggregationMethod}`;
};

const valuesOf = (path: string): number[] =>
  Array.from(fetchSeries(path, now - 590, now, now)!.values).filter(
    (value) => !Number.isNaN(value),
  );

test('a plan tells good, changing, damaged and nameless files apart', () => {
  make('a.changes');
  createWhisper(join(directory, 'b.wsp'), {
    archives: parseRetentions('10s:1h,1m:1d'),
    aggregationMethod: 'max',
    xFilesFactor: 0.1,
  });
  make('t;x=y');
  writeFileSync(join(directory, 'junk.wsp'), 'junk');
  writeFileSync(join(directory, 'other.txt'), 'no');
  assert.deepEqual([...planChanges(directory, rules)].map((file) => file.kind).sort(), [
    'change',
    'damaged',
    'good',
    'nameless',
  ]);
  assert.deepEqual(
    [...planChanges(directory, rules, { metricPrefix: 'a.' })].map((file) => file.kind),
    ['change'],
  );
});

test('applying copies the history, sets the header and leaves nothing behind', () => {
  const path = make('a.b');
  const headerOnly = make('a.c', '10s:1h,1m:1d');
  const run = new ChangeRun(directory, false);
  for (const metric of ['a.b', 'a.c']) run.apply(changeOfMetric(directory, rules, metric)!);
  run.carryOver(Date.now());
  run.close();
  assert.deepEqual(run.counts, { resized: 1, headers: 1, carriedOver: 0 });
  for (const file of [path, headerOnly]) {
    assert.equal(retentionsOf(file), '10s:1h,1m:1d max');
    assert.deepEqual(valuesOf(file), [1, 2]);
  }
  assert.deepEqual(readdirSync(directory), ['a']);
  assert.equal(changeOfMetric(directory, rules, 'a.b'), undefined);
});

test('what a running writer still puts into the old file is carried over', () => {
  const path = make('a.b');
  const writer = openWhisper(path);
  const run = new ChangeRun(directory, true);
  run.apply(changeOfMetric(directory, rules, 'a.b')!);
  updateMany(writer, [now - 10, now], [3, 4], 2, now);
  closeWhisper(writer);
  run.carryOver(Date.now());
  assert.equal(run.waitingFiles, 1);
  assert.deepEqual(valuesOf(path), [1, 2]);
  run.carryOver(Date.now() + writerNoticesSeconds * 1000 + 1000);
  run.close();
  assert.deepEqual(valuesOf(path), [1, 2, 3, 4]);
  assert.equal(run.counts.carriedOver, 2);
  assert.deepEqual(readdirSync(directory), ['a']);
});

test('the next run does what a killed one owed', () => {
  const path = make('a.b');
  const writer = openWhisper(path);
  const killed = new ChangeRun(directory, true);
  killed.apply(changeOfMetric(directory, rules, 'a.b')!);
  updateMany(writer, [now], [3], 1, now);
  closeWhisper(writer);
  writeFileSync(join(directory, '.schema-apply/7.new'), 'half a copy');
  // Killed here: neither carryOver nor close. Its lock names a process that is gone.
  writeFileSync(join(directory, '.schema-apply/lock'), '4194305');
  const run = new ChangeRun(directory, false);
  run.carryOver(Date.now());
  run.close();
  assert.deepEqual(valuesOf(path), [1, 2, 3]);
  assert.equal(existsSync(join(directory, '.schema-apply')), false);
});

test('a second run at the same time is refused', () => {
  mkdirSync(join(directory, '.schema-apply'));
  writeFileSync(join(directory, '.schema-apply/lock'), '1');
  assert.throws(() => new ChangeRun(directory, false), { code: 'schema-apply-running' });
});

test('lost history is what is older or coarser', () => {
  const loss = (before: string, after: string) =>
    historyLoss(parseRetentions(before), parseRetentions(after));
  assert.deepEqual(loss('10s:1h,1m:1d', '10s:2h,1m:2d'), { coarser: [] });
  assert.deepEqual(loss('10s:1h,1m:1d', '10s:1h'), { olderThan: 3600, coarser: [] });
  assert.deepEqual(loss('10s:6h', '1m:6h,10m:1d'), {
    coarser: [{ from: 0, to: 21600, stepBefore: 10, stepAfter: 60 }],
  });
});
