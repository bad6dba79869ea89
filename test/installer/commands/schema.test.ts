// `dkmadmin schema`: test, plan and apply on an instance directory.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createWhisper, metricToPath, parseRetentions } from '../../../bundle/whisper/index.ts';
import { dkmadmin } from './start-tool.ts';

const home = mkdtempSync(join(tmpdir(), 'schema-command-'));
after(() => rmSync(home, { recursive: true }));
mkdirSync(join(home, 'conf'));
writeFileSync(
  join(home, 'conf/storage-schemas.conf'),
  '[web]\npattern = ^web\\.\nretentions = 10s:1h,1m:1d\n\n[rest]\npattern = .*\nretentions = 1m:1h\n[late]\npattern = ^x\nretentions = 1m:1d\n',
);
writeFileSync(
  join(home, 'conf/storage-aggregation.conf'),
  '[count]\npattern = \\.count$\naggregationMethod = sum\nxFilesFactor = 0\n',
);

const schema = (...words: string[]) => dkmadmin('schema', ...words, '--home', home);
const make = (metric: string, retentions: string): void =>
  createWhisper(join(home, 'storage/whisper', metricToPath(metric)), {
    archives: parseRetentions(retentions),
    sparse: true,
  });

test('before there is any file there is nothing to do', () => {
  assert.match(schema('plan').stdout, /nothing to change\n$/);
  assert.match(schema('apply').stdout, /no files yet/);
});

test('test names rule, line, settings, file and size', () => {
  const { status, stdout } = schema('test', 'web.a.count', 'y');
  assert.equal(status, 0);
  assert.match(stdout, /schema +\[web\] 10s:1h,1m:1d \(conf\/storage-schemas\.conf, line 1\)/);
  assert.match(
    stdout,
    /aggregation +\[count\] sum, xFilesFactor 0 \(conf\/storage-aggregation\.conf, line 1\)/,
  );
  assert.match(stdout, /file +storage\/whisper\/web\/a\/count\.wsp, 21640 bytes, not there yet/);
  assert.match(stdout, /aggregation +\[default\] average, xFilesFactor 0\.5 \(built in/);
  assert.match(stdout, /warning: .*line 8, \[late\]: can never apply: \[rest\]/);
  const [json] = [JSON.parse(schema('test', 'web.a', '--json').stdout) as Record<string, unknown>];
  assert.equal(json['retentions'], '10s:1h,1m:1d');
  assert.equal(json['existing'], null);
});

test('plan tells files, bytes and history; apply does it; then nothing is left', () => {
  make('web.a', '10s:1h');
  make('web.b', '10s:1h');
  make('web.c.count', '10s:1h,1m:1d');
  make('rest.d', '10s:1h,1m:1d');
  make('rest.good', '1m:1h');
  const { stdout } = schema('plan');
  assert.match(stdout, /\[web\] 10s:1h,1m:1d: 3 files, 3 to change/);
  assert.match(
    stdout,
    /\[web\] 2 files, 8\.7 kB -> 43\.3 kB\n {2}10s:1h average 0\.5\n {2}-> .*\n {2}all history kept/,
  );
  assert.match(
    stdout,
    /\[web\] 1 files.*\n.*\n {2}-> 10s:1h,1m:1d sum 0\n {2}history kept; only the header/,
  );
  assert.match(
    stdout,
    /LOST: history older than 1h\n {2}LOST: precision of history aged 0s to 1h, from 10s to 1m/,
  );
  const plan = JSON.parse(schema('plan', '--json').stdout) as {
    changes: { files: number; history?: { olderThan?: number } }[];
    rules: unknown[];
  };
  assert.deepEqual(plan.changes.map(({ files }) => files).sort(), [1, 1, 2]);
  assert.equal(
    plan.changes.find(({ history }) => history?.olderThan !== undefined)?.history?.olderThan,
    3600,
  );
  const partly = JSON.parse(schema('apply', '--prefix', 'web.a', '--json').stdout) as object;
  assert.deepEqual(partly, { resized: 1, headers: 0, carriedOver: 0, failed: [], left: 0 });
  assert.match(schema('apply').stdout, /^2 files got new archives, 1 a new header\n$/);
  assert.match(schema('plan').stdout, /nothing to change\n$/);
  assert.deepEqual(readdirSync(join(home, 'storage/whisper')), ['rest', 'web']);
});

test('a broken rule file is refused with file, line and section', () => {
  const broken = mkdtempSync(join(tmpdir(), 'schema-broken-'));
  try {
    mkdirSync(join(broken, 'conf'));
    writeFileSync(
      join(broken, 'conf/storage-schemas.conf'),
      '[a]\npattern = .\nretentions = 1q:1d\n',
    );
    const { status, stderr } = dkmadmin('schema', 'plan', '--home', broken);
    assert.equal(status, 78);
    assert.match(stderr, /storage-schemas\.conf, line 3, \[a\]: .*"1q:1d"/);
  } finally {
    rmSync(broken, { recursive: true });
  }
});
