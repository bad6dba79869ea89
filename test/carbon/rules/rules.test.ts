// storage-schemas.conf and storage-aggregation.conf: syntax, order, errors, warnings, shipped files.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { intervalProblem, loadRules, parseRules } from '../../../bundle/carbon/rules/index.ts';
import { compilePattern, covers } from '../../../bundle/carbon/rules/pattern.ts';
import { formatRetentions } from '../../../bundle/whisper/index.ts';

const rulesOf = (schemas: string, aggregation?: string) =>
  parseRules({
    schemas: { text: schemas, file: 'schemas.conf' },
    aggregation:
      aggregation === undefined ? undefined : { text: aggregation, file: 'aggregation.conf' },
  });

const retentionsOf = (schemas: string, metric: string) =>
  formatRetentions(rulesOf(schemas).ruleFor(metric).archives);

const failure = (schemas: string, aggregation?: string): string => {
  try {
    rulesOf(schemas, aggregation);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'bad-storage-rules');
    return error.message;
  }
  return 'no error';
};

test('the first section that matches decides', () => {
  const text = '[a]\npattern = ^a\\.\nretentions = 10s:1h\n[b]\npattern = b\nretentions = 60:60\n';
  assert.equal(retentionsOf(text, 'a.b'), '10s:1h');
  assert.equal(retentionsOf(text, 'xbx'), '1m:1h');
});

test('a metric without a match gets one point a minute for a week, averaged', () => {
  const rule = rulesOf('[a]\npattern = ^a\nretentions = 10s:1h\n').ruleFor('zzz');
  assert.equal(formatRetentions(rule.archives), '1m:7d');
  assert.deepEqual([rule.aggregationMethod, rule.xFilesFactor], ['average', 0.5]);
});

test('priority goes before the order of the file', () => {
  const section = (name: string, more: string) => `[${name}]\npattern = .\n${more}\n`;
  const text =
    section('one', 'retentions = 1s:1h') +
    section('two', 'retentions = 2s:1h\npriority = 10') +
    section('three', 'retentions = 3s:1h\npriority = 10');
  assert.equal(retentionsOf(text, 'x'), '2s:1h');
});

test('comments, colons, key case, CR LF and continued values are read as python does', () => {
  const text =
    '# c\r\n; c\r\n[a b]\r\nPATTERN : ^x\r\nretentions = 10s:1h,\r\n   1m:1d\r\n\r\n[c]\npattern=.*\nretentions=1m:1d\n';
  assert.equal(retentionsOf(text, 'x'), '10s:1h,1m:1d');
});

test('units are letters or parts of the words; the old form counts points', () => {
  for (const [written, read] of [
    ['60:1440', '1m:1d'],
    ['15m:8', '15m:2h'],
    ['1min:1day', '1m:1d'],
    ['12h:2y', '12h:2y'],
    ['1d:8w', '1d:8w'],
  ]) {
    assert.equal(retentionsOf(`[a]\npattern = .\nretentions = ${written}\n`, 'x'), read);
  }
});

test('archives are sorted finest first', () => {
  assert.equal(retentionsOf('[a]\npattern = .\nretentions = 1m:1d,10s:1h\n', 'x'), '10s:1h,1m:1d');
});

test('errors name file, line and section', () => {
  const good = '[a]\npattern = .\nretentions = 1m:1d\n';
  for (const [schemas, aggregation, expected] of [
    ['[a]\npattern = .\n', undefined, /^schemas\.conf, line 1, \[a\]: retentions is missing$/],
    ['[a]\nretentions = 1m:1d\n', undefined, /line 1, \[a\]: pattern is missing/],
    ['[a]\npattern = .\nretentions = 1x:1d\n', undefined, /line 3, \[a\]: .*"1x:1d".*unit "x"/],
    ['[a]\npattern = .\nretentions = 1m\n', undefined, /line 3, \[a\]: .*"1m"/],
    ['[a]\npattern = .\nretentions = 0s:1d\n', undefined, /line 3, \[a\]: .*at least 1 second/],
    ['[a]\npattern = (\nretentions = 1m:1d\n', undefined, /line 2, \[a\]: .*"\("/],
    ['[a]\npattern = .\nretention = 1m:1d\n', undefined, /line 3.*did you mean "retentions"/],
    ['[a]\npattern = .\npattern = x\n', undefined, /line 3, \[a\]: pattern is given twice/],
    [`${good}[a]\n`, undefined, /line 4, \[a\]: the section exists already/],
    ['pattern = .\n', undefined, /^schemas\.conf, line 1: "pattern = \." is not/],
    ['[a\n', undefined, /"\[a" is not a section/],
    ['[a]\nnonsense\n', undefined, /line 2, \[a\]: "nonsense"/],
    [`${good}priority = high\n`, undefined, /line 4, \[a\]: "high" is not a number/],
    [good, '[m]\npattern = .\naggregationMethod = mean\n', /^aggregation\.conf, line 3.*"mean"/],
    [good, '[m]\npattern = .\nxFilesFactor = 2\n', /line 3, \[m\]: .*between 0 and 1, not 2/],
    [good, '[m]\npattern = .\nxFileFactor = 0\n', /did you mean "xFilesFactor"/],
  ] as const) {
    assert.match(failure(schemas, aggregation), expected);
  }
});

test('archives that cannot make a file are left out with a warning, as in Graphite', () => {
  const rules = rulesOf(
    '[bad]\npattern = ^x\nretentions = 10s:1h,25s:1d\n[good]\npattern = .\nretentions = 1m:1d\n',
  );
  assert.equal(rules.ruleFor('x').schema.name, 'good');
  assert.match(rules.warnings[0] ?? '', /line 3, \[bad\]: .*must divide.*left out/);
});

test('a rule behind one that takes all its metrics is reported', () => {
  const rules = rulesOf(
    '[all]\npattern = .*\nretentions = 1m:1d\n[late]\npattern = ^x\nretentions = 10s:1d\n',
  );
  assert.deepEqual(rules.warnings, [
    'schemas.conf, line 4, [late]: can never apply: [all] (line 1) takes all its metrics',
  ]);
});

test('coverage of patterns is only claimed where it is certain', () => {
  for (const [earlier, later, covered] of [
    ['', 'x', true],
    ['^.*$', '^x', true],
    ['^$', 'x', false],
    ['^stats\\.', '^stats\\.timers\\.', true],
    ['^stats', '^stats\\..*\\.count$', true],
    ['^stats\\.a', '^stats\\.', false],
    ['\\.count$', '^(x|y)\\.count$', true],
    ['\\.count$', 'count$', false],
    ['^a', '^a?b', false],
    ['count', '\\.count$', true],
    ['^x', '^x|y', false],
    ['^a\\.', '^(a|b)\\.', false],
    ['^ab', '^ab*', false],
  ] as const) {
    assert.equal(covers(earlier, later), covered, `${earlier} covers ${later}`);
  }
});

test('a file without a section, a method or a factor falls back to average and 0.5', () => {
  const rules = rulesOf('', '[s]\npattern = sum$\naggregationMethod = avg\n');
  assert.deepEqual(
    ['a.sum', 'x'].map((metric) => {
      const { aggregationMethod, xFilesFactor } = rules.ruleFor(metric);
      return [aggregationMethod, xFilesFactor];
    }),
    [
      ['average', 0.5],
      ['average', 0.5],
    ],
  );
});

test('a pattern that could run away goes to the linear engine, look-around to the built-in one', () => {
  const evil = compilePattern('^(a+)+$');
  assert.equal(evil.test(`${'a'.repeat(5000)}!`), false);
  assert.equal(evil.unsafe, false);
  const around = compilePattern('^(?!stats\\.)');
  assert.deepEqual([around.unsafe, around.test('a'), around.test('stats.a')], [true, true, false]);
  assert.equal(compilePattern('(?i)^CPU').test('cpu'), true);
  assert.equal(compilePattern('^(?P<h>\\w+)\\.cpu$').test('host.cpu'), true);
  assert.throws(() => compilePattern('a{2,1}'));
});

test('files are read; a missing aggregation file means average, a missing schemas file is an error', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rules-'));
  try {
    const schemasFile = join(directory, 'schemas.conf');
    assert.throws(() => loadRules({ schemasFile }), { code: 'bad-storage-rules' });
    writeFileSync(schemasFile, '[a]\npattern = .\nretentions = 1m:1d\n');
    const aggregationFile = join(directory, 'none.conf');
    const rule = loadRules({ schemasFile, aggregationFile }).ruleFor('a');
    assert.equal(rule.aggregationMethod, 'average');
    assert.equal(loadRules({ schemasFile, aggregationFile }).ruleFor('a').schema.line, 1);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const shipped = () => {
  const text = (name: string) =>
    readFileSync(new URL(`../../../templates/conf/${name}.hbs`, import.meta.url), 'utf8');
  return parseRules({
    schemas: { text: text('storage-schemas.conf'), file: 'storage-schemas.conf' },
    aggregation: { text: text('storage-aggregation.conf'), file: 'storage-aggregation.conf' },
  });
};

test('the shipped files have no warning and give each kind of metric its rule', () => {
  const rules = shipped();
  assert.deepEqual(rules.warnings, []);
  for (const [metric, schema, method] of [
    ['carbon.agents.h.cache.size', 'carbon', 'average'],
    ['dataiku.dss.jobs', 'dataiku', 'average'],
    ['nagios.h.ping', 'nagios', 'average'],
    ['stats_counts.a', 'statsd', 'sum'],
    ['stats.timers.a.upper_90', 'statsd', 'max'],
    ['stats.timers.a.lower', 'statsd', 'min'],
    ['stats.timers.a.count', 'statsd', 'sum'],
    ['stats.gauges.a', 'statsd', 'last'],
    ['h.cpu-0.cpu-idle', 'others', 'average'],
  ]) {
    const rule = rules.ruleFor(metric!);
    assert.deepEqual([rule.schema.name, rule.aggregationMethod], [schema, method], metric);
  }
});

test('points that come faster than the finest archive are reported', () => {
  const rules = shipped();
  assert.equal(intervalProblem(rules, 'carbon.agents.h.x', 60), undefined);
  assert.equal(intervalProblem(rules, 'h.load.load.shortterm', 10), undefined);
  assert.match(
    intervalProblem(rules, 'dataiku.x', 10) ?? '',
    /dataiku\.x comes every 10 s, but the rule \[dataiku\] \(5m:30d,1h:1y\) keeps one point every 300 s/,
  );
});
