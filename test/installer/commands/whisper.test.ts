// `dkmadmin whisper`: the same files and the same text as python's programs.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  fixedSix,
  floatRepr,
  general,
  strftime,
} from '../../../installer/commands/python-format.ts';
import { dkmadmin, pythonTool, skipWithoutTools } from './start-tool.ts';

const directory = mkdtempSync(join(tmpdir(), 'whisper-command-'));
after(() => rmSync(directory, { recursive: true }));

const skip = skipWithoutTools;
const now = Math.floor(Date.now() / 1000);
const ours = join(directory, 'ours.wsp');
const theirs = join(directory, 'theirs.wsp');
const whisper = (...words: string[]) => dkmadmin('whisper', ...words);

const same = (a: string, b: string): void => {
  assert.ok(readFileSync(a).equals(readFileSync(b)), `${a} differs from ${b}`);
};

function both(name: string, ...words: string[]): void {
  const mine = whisper(name, ...words.map((word) => word.replace('FILE', ours)));
  const python = pythonTool(name, ...words.map((word) => word.replace('FILE', theirs)));
  assert.equal(mine.stdout.replaceAll(ours, theirs), python.stdout, `${name} ${words.join(' ')}`);
  assert.equal(mine.status, python.status, mine.stderr);
}

function begin(): void {
  for (const path of [ours, theirs, `${ours}.bak`, `${theirs}.bak`]) rmSync(path, { force: true });
  both('create', 'FILE', '10s:10m', '1m:2h', '--xFilesFactor', '0.2', '--aggregationMethod', 'max');
  both('update', 'FILE', `${now - 100}:1.5`, `${now - 50}:-3e30`, `${now - 3000}:0`, `${now}:0.1`);
}

test('create, update: same files', { skip }, () => {
  begin();
  same(ours, theirs);
  both('create', 'FILE', '1m:1h', '5m:1d', '--overwrite', '--sparse');
  same(ours, theirs);
  both('create', '--estimate', '10s:6h', '1m:7d');
  both('create', '--estimate', '10s:6h,1m:7d');
});

test('info, fetch, dump: same text', { skip }, () => {
  begin();
  both('info', 'FILE');
  for (const field of ['aggregationMethod', 'maxRetention', 'xFilesFactor', 'fileSize']) {
    both('info', 'FILE', field);
  }
  const interval = ['--from', String(now - 300), '--until', String(now)];
  both('fetch', 'FILE', ...interval);
  both('fetch', 'FILE', ...interval, '--pretty');
  both('fetch', 'FILE', ...interval, '--pretty', '-t', '%Y-%m-%d %H:%M:%S %j %a %b %p');
  both('fetch', 'FILE', '--from', String(now - 5000), '--until', String(now - 2000));
  both('dump', 'FILE');
  both('dump', 'FILE', '--pretty');
  assert.deepEqual(
    JSON.parse(whisper('fetch', ours, ...interval, '--json').stdout),
    JSON.parse(pythonTool('fetch', theirs, ...interval, '--json').stdout),
  );
  assert.deepEqual(
    JSON.parse(whisper('info', ours, '--json').stdout),
    JSON.parse(pythonTool('info', theirs, '--json').stdout),
  );
});

test('merge: the same file as python', { skip }, () => {
  begin();
  const other = join(directory, 'other.wsp');
  copyFileSync(theirs, other);
  pythonTool('update', other, `${now - 20}:7`, `${now - 400}:8`);
  assert.equal(whisper('merge', other, ours).status, 0);
  pythonTool('merge', other, theirs);
  both('fetch', 'FILE', '--from', String(now - 300), '--until', String(now));
  both('fetch', 'FILE', '--from', String(now - 7000), '--until', String(now));
});

test('fill: what was missing is there, what was there stays', { skip }, () => {
  begin();
  const other = join(directory, 'filler.wsp');
  rmSync(other, { force: true });
  pythonTool('create', other, '10s:10m', '1m:2h');
  const points = Array.from({ length: 30 }, (_, i) => `${now - 300 + 10 * i}:${i}`);
  pythonTool('update', other, ...points);
  assert.equal(whisper('fill', other, ours).status, 0);
  const { stdout } = whisper(
    'fetch',
    ours,
    '--from',
    String(now - 305),
    '--until',
    String(now),
    '--json',
  );
  const { values } = JSON.parse(stdout) as { values: (number | null)[] };
  assert.ok(values.filter((value) => value !== null).length >= 30);
  assert.ok(values.includes(1.5) && values.includes(-3e30));
});

test('resize keeps the points, and the old file as .bak', { skip }, () => {
  begin();
  const before = whisper('fetch', ours, '--from', String(now - 300), '--until', String(now)).stdout;
  const { status, stdout } = whisper('resize', ours, '10s:20m', '1m:4h', '10m:1d');
  assert.equal(status, 0);
  assert.match(stdout, /^Retrieving all data.*\nCreating new.*\nCreated: .*\.tmp \(6100 bytes\)\n/);
  assert.equal(
    pythonTool('fetch', ours, '--from', String(now - 300), '--until', String(now)).stdout,
    before,
  );
  same(`${ours}.bak`, theirs);
  assert.equal(pythonTool('info', ours, 'maxRetention').stdout, '86400\n');
  assert.equal(whisper('resize', ours, '1m:1h', '--nobackup', '--json').status, 0);
  const newfile = join(directory, 'new.wsp');
  assert.equal(whisper('resize', ours, '1m:2h', '--newfile', newfile).status, 0);
  assert.equal(existsSync(newfile), true);
});

test('set-aggregation-method, set-xfilesfactor: the same file as python', { skip }, () => {
  begin();
  both('set-aggregation-method', 'FILE', 'sum', '0.7');
  same(ours, theirs);
  both('set-xfilesfactor', 'FILE', '0.3');
  both('set-xfilesfactor', 'FILE', '1');
  same(ours, theirs);
  assert.equal(whisper('set-aggregation', ours, 'min').status, 0);
  for (const wrong of ['1.5', '-1'])
    assert.equal(whisper('set-xfilesfactor', ours, wrong).status, 1);
  assert.match(whisper('info', ours).stdout, /aggregationMethod: min\n(?:.*\n)*xFilesFactor: 1\.0/);
});

test('diff: the same text as python', { skip }, () => {
  begin();
  const [a, b] = ['a', 'b'].map((name) => join(directory, `diff-${name}.wsp`)) as [string, string];
  for (const path of [a, b]) copyFileSync(theirs, path);
  pythonTool('update', b, `${now - 50}:0.30000000000000004`, `${now - 200}:8`, `${now - 4000}:1`);
  for (const options of [
    [],
    ['--summary'],
    ['--columns', '--no-headers'],
    ['--summary', '--columns'],
    ['--ignore-empty'],
    ['--no-headers', '--until', String(now - 100)],
    ['--summary', '--no-headers', '--until', String(now - 3000)],
  ]) {
    const mine = whisper('diff', a, b, ...options);
    const python = pythonTool('diff', a, b, ...options);
    assert.equal(mine.stdout, python.stdout, options.join(' '));
    assert.equal(mine.status, python.status);
  }
  assert.equal(whisper('diff', b, b).stdout, pythonTool('diff', b, b).stdout);
  for (const options of [['--json'], ['--json', '--summary']])
    assert.deepEqual(
      JSON.parse(whisper('diff', a, b, ...options).stdout),
      JSON.parse(pythonTool('diff', a, b, ...options).stdout),
    );
  const other = join(directory, 'diff-other.wsp');
  whisper('create', other, '1m:1h', '--overwrite');
  const refused = whisper('diff', a, other);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /different archives: resize one of them before comparing/);
});

test('verify and repair: exit codes and what they print', () => {
  const path = join(directory, 'tree', 'broken.wsp');
  assert.equal(whisper('create', path, '1m:1h').status, 0);
  assert.equal(whisper('verify', directory).status, 0);
  writeFileSync(path, readFileSync(path).subarray(0, 300));
  const found = whisper('verify', path);
  assert.equal(found.status, 1);
  assert.match(
    found.stdout,
    /Corrupt Whisper file: .*broken\.wsp.*cut off.*\n1 files checked, 1 damaged\n/,
  );
  const repaired = whisper('repair', join(directory, 'tree'), '--json');
  const { damaged } = (JSON.parse(repaired.stdout) as { repaired: { damaged: string }[] })
    .repaired[0]!;
  assert.equal(existsSync(damaged), true);
  assert.equal(whisper('verify', path, '--json').status, 0);
  const [young, old] = ['.77.1.tmp', '.77.2.tmp'].map((name) => join(directory, 'tree', name));
  for (const leftover of [young!, old!]) writeFileSync(leftover, '');
  utimesSync(old!, now - 7200, now - 7200);
  assert.match(whisper('repair', directory).stdout, /^Removed a half-made file: .*\.77\.2\.tmp\n/);
  assert.deepEqual([existsSync(young!), existsSync(old!)], [true, false]);
});

test('wrong use is a sentence and a code, never a stack', () => {
  const path = join(directory, 'wrong.wsp');
  whisper('create', path, '10s:1h');
  for (const [words, status, message] of [
    [['info', join(directory, 'none.wsp')], 1, /there is no whisper file/],
    [['info', path, 'size'], 2, /Unknown field "size". Valid fields are aggregationMethod/],
    [['create', path, '10s:1h'], 1, /exists already/],
    [['create', path], 2, /give at least one retention/],
    [['create', `${path}2`, '10x:1h'], 1, /"10x:1h".*unit "x"/],
    [['create', `${path}2`, '10s:1h', '25s:1d'], 1, /must divide/],
    [
      ['create', `${path}2`, '1s:1h', '--aggregationMethod', 'mean'],
      1,
      /unknown aggregation method "mean"/,
    ],
    [['update', path, '1:1'], 1, /not covered/],
    [['update', path, 'x:1'], 2, /"x" is not a number/],
    [['update', path, `${now + 900}:1`], 1, /in the future/],
    [['fetch', path, '--from', '5', '--until', '3'], 2, /ends \(3\) before it begins \(5\)/],
    [['fetch', path, '--drop', 'all'], 2, /--drop takes one of/],
    [['merge', path, path, '--from', 'soon'], 2, /"soon" is not a number/],
  ] as const) {
    const { status: got, stderr } = whisper(...words);
    assert.match(stderr, message);
    assert.equal(got, status, stderr);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test('numbers and times as python prints them', () => {
  assert.deepEqual([1.5, -0, 1e21, Number.NaN, -Infinity].map(fixedSix), [
    '1.500000',
    '-0.000000',
    '1000000000000000000000.000000',
    'nan',
    '-inf',
  ]);
  assert.deepEqual(
    [0, -0, 0.5, 0.1, 1e-5, 1e35, -3e30, 123456789].map((value) => general(value, 35, 10)),
    [
      '         0',
      '        -0',
      '       0.5',
      '0.1000000000000000055511151231257827',
      '1.0000000000000000818030539140313095e-05',
      '99999999999999996863366107917975552',
      '-2999999999999999778178897805312',
      ' 123456789',
    ],
  );
  assert.deepEqual([0, 0.5, 1e-7, 1].map(floatRepr), ['0.0', '0.5', '1e-07', '1.0']);
  assert.equal(strftime('%F %T %Q %%', new Date(2026, 0, 5, 3, 4, 9)), '2026-01-05 03:04:09 %Q %');
});
