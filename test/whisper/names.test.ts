// Metric names and files, retentions and method names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatRetentions,
  metricNameProblem,
  metricToPath,
  parseAggregationMethod,
  parseRetention,
  parseRetentions,
  pathToMetric,
  validateArchives,
} from '../../bundle/whisper/index.ts';

test('dots are directories', () => {
  assert.equal(metricToPath('a.b.c'), 'a/b/c.wsp');
  assert.equal(metricToPath('é.ü'), 'é/ü.wsp');
  assert.equal(pathToMetric('a/b/c.wsp'), 'a.b.c');
  assert.equal(pathToMetric('a/b/c.txt'), undefined);
});

test('tagged series lie under their hash, as in python carbon and go-carbon', () => {
  const metric = 'some.metric;tag1=value2;tag2=value.2';
  // From python: hashlib.sha256(metric.encode()).hexdigest().
  const hash = 'effaae5b55950b150a7493d2f5430772ca2460bf7cccb4d9e523643df54c010f';
  const path = metricToPath(metric);
  assert.equal(path, `_tagged/eff/aae/${hash}.wsp`);
  assert.equal(pathToMetric(path), undefined);
  const readable = metricToPath(metric, { hashTagged: false });
  assert.equal(readable, '_tagged/eff/aae/some_DOT_metric;tag1=value2;tag2=value_DOT_2.wsp');
  assert.equal(pathToMetric(readable), metric);
});

test('names that would leave the tree or do not fit the file system are refused', () => {
  for (const name of [
    '',
    '.',
    '..',
    'a..b',
    '.a',
    'a.',
    '../a',
    'a/b',
    '/etc.passwd',
    'a\0b',
    ';a=b',
    '_tagged.abc.def.x',
    'x'.repeat(252),
    `${'é'.repeat(128)}.x`,
    `${'a.'.repeat(2000)}a`,
  ]) {
    assert.notEqual(metricNameProblem(name), undefined, JSON.stringify(name.slice(0, 20)));
    assert.throws(() => metricToPath(name), { code: 'bad-metric-name' });
  }
  for (const name of ['x'.repeat(251), `${'x'.repeat(255)}.y`, 'a b', '-', '~', 'a;b=/etc/x']) {
    assert.equal(metricNameProblem(name), undefined);
  }
  assert.throws(() => metricToPath('a;b=/x', { hashTagged: false }), { code: 'bad-metric-name' });
  assert.throws(() => metricToPath(`a;b=${'x'.repeat(250)}`, { hashTagged: false }));
});

test('retentions read and print', () => {
  assert.deepEqual(parseRetention('60:1440'), { secondsPerPoint: 60, points: 1440 });
  assert.deepEqual(parseRetention('15m:8'), { secondsPerPoint: 900, points: 8 });
  assert.deepEqual(parseRetention('1hour:7days'), { secondsPerPoint: 3600, points: 168 });
  assert.equal(
    formatRetentions(parseRetentions(' 10s:6h, 1m:7d,1h:1y ,90s:3h')),
    '10s:6h,1m:7d,1h:1y,90s:3h',
  );
  for (const text of [
    '',
    '10s',
    '10s:',
    ':1d',
    '10S:1d',
    '10s:1d:2',
    '-1s:1d',
    '1.5m:1d',
    '0:5',
    '10s:0',
    '1h:30m',
    '1s:200y',
  ]) {
    assert.throws(() => parseRetention(text), { code: 'bad-retention' }, text);
  }
});

test('archive lists are sorted and checked', () => {
  const archives = parseRetentions('1m:1d,10s:1h');
  assert.equal(formatRetentions(validateArchives(archives)), '10s:1h,1m:1d');
  assert.equal(formatRetentions(archives), '1m:1d,10s:1h');
  assert.throws(() => validateArchives([{ secondsPerPoint: 1.5, points: 2 }]), {
    code: 'bad-archives',
  });
});

test('method names', () => {
  assert.equal(parseAggregationMethod('AVG'), 'average');
  assert.equal(parseAggregationMethod('median'), 'p50');
  assert.equal(parseAggregationMethod('p99.90'), 'p99.9');
  for (const name of ['', 'mean', 'p', 'p101', 'p-1', 'pp5', 'p1.2345']) {
    assert.throws(() => parseAggregationMethod(name), { code: 'bad-aggregation-method' }, name);
  }
});
