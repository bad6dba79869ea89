import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { configSchema } from '../../bundle/agent/config.ts';
import { createConfigSource, mergeOptions } from '../../bundle/agent/drop-ins.ts';
import { createLogger } from '../../bundle/core/log.ts';

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'drop-ins-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const yaml = join(directory, 'agent.d');
  const collectd = join(directory, 'collectd.d');
  mkdirSync(yaml);
  mkdirSync(collectd);
  const lines: string[] = [];
  const log = createLogger('warn', (line) => lines.push(line));
  const base = configSchema().parse({
    dropIns: { directory: yaml, collectdDirectory: collectd },
    plugins: { processes: { processMatch: [{ name: 'a', regex: 'a' }] } },
  });
  let stamp = 1;
  const write = (file: string, text: string): void => {
    writeFileSync(file, text);
    stamp += 1;
    utimesSync(file, stamp, stamp); // edits within one tick of the clock
  };
  const source = createConfigSource(base, log);
  return { source, yaml, collectd, lines, write, base };
}

const groups = (config: { plugins: Record<string, unknown> }): string[] =>
  (config.plugins['processes'] as { processMatch: { name: string }[] }).processMatch.map(
    ({ name }) => name,
  );

test('a file that appears, changes and goes is in effect at the next look', (t) => {
  const { source, yaml, write } = setUp(t);
  assert.equal(source.poll(), undefined);
  const file = join(yaml, 'mine.yml');
  write(file, 'plugins: { processes: { processMatch: [{ name: b, regex: b }] } }');
  assert.deepEqual(groups(source.poll()!), ['a', 'b']);
  assert.equal(source.poll(), undefined);
  write(
    file,
    'plugins: { processes: { processMatch: [{ name: c, regex: c }] }, load: { reportRelative: false } }',
  );
  const changed = source.poll()!;
  assert.deepEqual(groups(changed), ['a', 'c']);
  assert.equal((changed.plugins['load'] as { reportRelative: boolean }).reportRelative, false);
  unlinkSync(file);
  assert.deepEqual(groups(source.poll()!), ['a']);
});

test('a faulty file is reported with file, line and key; its last good state and the rest stay', (t) => {
  const { source, yaml, write, lines } = setUp(t);
  const file = join(yaml, 'mine.yml');
  write(file, 'plugins: { processes: { processMatch: [{ name: b, regex: b }] } }');
  write(join(yaml, 'other.yml'), 'outputs: [{ host: second, port: 2003 }]');
  source.poll();
  write(file, 'plugins:\n  processes:\n    processMatsch: []\n');
  const config = source.poll()!;
  assert.deepEqual(groups(config), ['a', 'b']);
  assert.equal(config.outputs.length, 2);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /mine\.yml:3: unknown key .*processMatsch.*did you mean .*processMatch/);
  assert.equal(source.poll(), undefined, 'and is not reported again');
  write(file, 'plugins: [');
  source.poll();
  assert.match(lines[1]!, /mine\.yml:1: /);
});

test("collectd's syntax: a block replaces what agent.yml says of the plugin; includes are watched", (t) => {
  const { source, collectd, write, lines } = setUp(t);
  const included = join(collectd, 'part.inc');
  write(included, '<Plugin load>\n  ReportRelative true\n</Plugin>\n');
  write(
    join(collectd, 'all.conf'),
    `Include "${included}"\n<Plugin processes>\n ProcessMatch "z" "z"\n</Plugin>\n`,
  );
  const first = source.poll()!;
  assert.deepEqual(groups(first), ['z']);
  assert.equal((first.plugins['load'] as { reportRelative: boolean }).reportRelative, true);
  write(included, '<Plugin load>\n  ReportRelative false\n</Plugin>\n');
  const second = source.poll()!;
  assert.equal((second.plugins['load'] as { reportRelative: boolean }).reportRelative, false);
  write(included, '<Plugin load>\n');
  source.poll();
  assert.match(lines.at(-1)!, /part\.inc:1: <Plugin> is not closed/);
});

test('a changed agent.yml keeps the drop-ins', (t) => {
  const { source, yaml, write, base } = setUp(t);
  write(
    join(yaml, 'mine.yml'),
    'plugins: { processes: { processMatch: [{ name: b, regex: b }] } }',
  );
  source.poll();
  const next = source.setBase({ ...base, interval: 30 });
  assert.equal(next.interval, 30);
  assert.deepEqual(groups(next), ['a', 'b']);
});

test('maps merge, lists add up without doubles, the rest is replaced', () => {
  assert.deepEqual(
    mergeOptions(
      { a: 1, b: [1, { x: 1 }], c: { d: 1, e: 2 } },
      { a: 2, b: [{ x: 1 }, 3], c: { e: 3 } },
    ),
    { a: 2, b: [1, { x: 1 }, 3], c: { d: 1, e: 3 } },
  );
});
