import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { readCollectdFile } from '../../../bundle/agent/collectd-config/include.ts';
import { parseCollectdConfig } from '../../../bundle/agent/collectd-config/parse.ts';
import { translateCollectd } from '../../../bundle/agent/collectd-config/translate.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';

const parse = (text: string) => parseCollectdConfig(text, 'c.conf');

test('values, quotes, comments, continued lines, nested blocks', () => {
  const items = parse(`
# a comment
Hostname "db1" # another
Interval 10.5
FQDNLookup no
<Plugin "processes">
  ProcessCount 0x10
  <ProcessMatch "a \\"b\\"" ".*java -Ddku\\\\.x">
    CollectContextSwitch On
  </ProcessMatch>
</plugin>
Several "x" y \\
  3
`);
  assert.deepEqual(
    items.map(({ key, values, line }) => [key, values, line]),
    [
      ['Hostname', ['db1'], 3],
      ['Interval', [10.5], 4],
      ['FQDNLookup', [false], 5],
      ['Plugin', ['processes'], 6],
      ['Several', ['x', 'y', 3], 12],
    ],
  );
  const match = items[3]?.children[1];
  assert.deepEqual(match?.values, ['a "b"', '.*java -Ddku\\.x']);
  assert.deepEqual(match?.children[0]?.values, [true]);
});

test('faults are named with file and line', () => {
  const f = (text: string, want: RegExp): void =>
    assert.throws(
      () => parse(text),
      (error: Error) => {
        assert.ok(error instanceof OperatingError);
        assert.match(error.message, want);
        return true;
      },
    );
  f('<Plugin cpu>\n  A 1\n', /^c\.conf:1: <Plugin> is not closed/);
  f('A 1\n</Plugin>', /^c\.conf:2: <\/Plugin> closes nothing/);
  f('<Plugin a>\n<B>\n</Plugin>', /^c\.conf:3: <\/Plugin> closes nothing: <B> is open/);
  f('A "b', /^c\.conf:1: a quoted string does not end/);
  f('\n\nLonely\n', /^c\.conf:3: Lonely has no value/);
  f('A > 3', /^c\.conf:1: unexpected ">"/);
  f('<Plugin cpu', /^c\.conf:1: unexpected the end of the file/);
  f('<A>'.repeat(3) + '\n<A>\n'.repeat(50), /c\.conf:\d+: /);
});

test('any text is parsed or refused, never worse', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '"',
    '\\',
    '#',
    '\n',
    ' ',
    'Plugin',
    'x',
    '1',
    '\u0000',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        parse(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof OperatingError, String(error));
      }
    }),
  );
});

test('Include: file, directory, pattern and filter; a circle is refused', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'collectd-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'd'));
  writeFileSync(join(directory, 'd/a.conf'), 'A 1\n');
  writeFileSync(join(directory, 'd/b.conf'), 'B 1\n');
  writeFileSync(join(directory, 'd/c.txt'), 'C 1\n');
  const main = join(directory, 'main.conf');
  const keys = (text: string): string[] => {
    writeFileSync(main, text);
    return readCollectdFile(main).map((item) => item.key);
  };
  assert.deepEqual(keys(`X 1\nInclude "${directory}/d/*.conf"\nY 2\n`), ['X', 'A', 'B', 'Y']);
  assert.deepEqual(keys(`Include "${directory}/d/c.txt"`), ['C']);
  assert.deepEqual(keys(`<Include "${directory}/d">\n  Filter "b.*"\n</Include>`), ['B']);
  assert.deepEqual(keys(`Include "${directory}/none/*.conf"`), []);
  assert.throws(() => keys(`Include "${main}"`), /include each other/);
});

test("dkumonitor's own blocks become options", () => {
  const found = translateCollectd(
    parse(`
LoadPlugin load
<LoadPlugin "users">
  Interval 60
</LoadPlugin>
<Plugin df>
  FSType devtmpfs
  fstype tmpfs
  IgnoreSelected true
  ReportByDevice true
</Plugin>
<Plugin disk>
  Disk "/^[hsm]d[a-f]?[0-9]?$/"
</Plugin>
<Plugin processes>
  ProcessMatch "early" "x"
  CollectMemoryMaps true
  <ProcessMatch "dss_fek" ".*java -Ddku\\.fek .*">
    CollectFileDescriptor false
    CollectContextSwitch true
  </ProcessMatch>
  Process "nginx"
</Plugin>
`),
  );
  assert.deepEqual(found.warnings, []);
  assert.equal(found.plugins['load']?.['reportRelative'], false, "collectd's default");
  assert.deepEqual(found.plugins['df']?.['fsType'], ['devtmpfs', 'tmpfs']);
  assert.equal(found.plugins['df']?.['reportByDevice'], true);
  assert.equal(found.plugins['df']?.['valuesPercentage'], false);
  assert.deepEqual(found.plugins['disk']?.['disk'], ['/^[hsm]d[a-f]?[0-9]?$/']);
  assert.deepEqual(found.plugins['processes']?.['processMatch'], [
    {
      name: 'early',
      regex: 'x',
      collectFileDescriptor: false,
      collectContextSwitch: false,
      collectMemoryMaps: false,
    },
    {
      name: 'dss_fek',
      regex: '.*java -Ddku.fek .*',
      collectFileDescriptor: false,
      collectContextSwitch: true,
      collectMemoryMaps: true,
    },
  ]);
});

test('write_graphite becomes an output with its own naming', () => {
  const found = translateCollectd(
    parse(`
<Plugin write_graphite>
  <Node "example">
    Host "carbon.example.org"
    Port "2003"
    Protocol "tcp"
    ReconnectInterval 0
    LogSendErrors true
    Prefix "collectd."
    SeparateInstances true
    PreserveSeparator true
  </Node>
</Plugin>`),
  );
  assert.deepEqual(found.warnings, []);
  assert.deepEqual(found.outputs, [
    {
      host: 'carbon.example.org',
      port: 2003,
      protocol: 'tcp',
      naming: { prefix: 'collectd.', separateInstances: true, preserveSeparator: 'all' },
    },
  ]);
});

test('what has no counterpart costs one warning each, with file and line', () => {
  const { warnings, plugins } = translateCollectd(
    parse(`Hostname "x"
LoadPlugin memori
LoadPlugin memori
LoadPlugin logfile
<Plugin cpu>
  ReportByCpuu true
  ReportByState maybe
  ReportByCpu false
</Plugin>`),
  );
  assert.deepEqual(warnings, [
    'c.conf:2: the agent has no plugin memori (did you mean "memory"?)',
    'c.conf:6: plugin cpu has no option ReportByCpuu here (did you mean "reportByCpu"?)',
    'c.conf:7: ReportByState: Invalid input: expected boolean, received string',
    'c.conf: set these in conf/agent.yml instead: Hostname',
  ]);
  assert.equal(plugins['cpu']?.['reportByCpu'], false);
});

test('a LoadPlugin block: the interval is taken, what concerns collectd itself is no fault', () => {
  const { warnings, plugins } = translateCollectd(
    parse(`<LoadPlugin users>
  Interval 60
  Globals true
  FlushInterval 10
</LoadPlugin>`),
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(plugins, { users: { enabled: true, interval: 60 } });
});

test('network: Listen becomes the collectd input, sending has no counterpart', () => {
  const { warnings, inputs } = translateCollectd(
    parse(`LoadPlugin network
<Plugin network>
  <Listen "::" "25827">
    SecurityLevel Sign
    AuthFile "conf/passwd"
    Interface "eth0"
  </Listen>
  Listen "10.0.0.1"
  Server "10.0.0.2" "25826"
  MaxPacketSize 1452
</Plugin>`),
  );
  assert.deepEqual(inputs, {
    collectd: {
      enabled: true,
      listen: '[::]:25827',
      securityLevel: 'sign',
      authFile: 'conf/passwd',
    },
  });
  assert.deepEqual(warnings, [
    'c.conf:6: network: a Listen has no option Interface here',
    'c.conf:8: network: one Listen is taken, further ones are not',
    'c.conf:9: network has no option Server here',
  ]);
  const bad = translateCollectd(
    parse('<Plugin network>\n<Listen "::">\nSecurityLevel Some\n</Listen>\n</Plugin>'),
  );
  assert.deepEqual(bad.inputs, {});
  assert.match(bad.warnings.join(), /^c.conf:1: network: /);
  const plain = translateCollectd(parse('<Plugin network>\nListen "10.0.0.1"\n</Plugin>')).inputs;
  assert.deepEqual(plain, { collectd: { enabled: true, listen: '10.0.0.1:25826' } });
});
