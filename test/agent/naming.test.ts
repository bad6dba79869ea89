import assert from 'node:assert/strict';
import test from 'node:test';
import { createNaming, namingSchema } from '../../bundle/agent/naming.ts';
import { parseConfig } from '../../bundle/core/config.ts';
import { OperatingError } from '../../bundle/core/errors.ts';

const cpu = {
  host: 'com.example.db1',
  plugin: 'cpu',
  pluginInstance: '0',
  type: 'percent',
  typeInstance: 'user',
  values: [1],
};
const load = { host: 'h', plugin: 'load', type: 'load', values: [1, 2, 3] };
const relative = { ...load, typeInstance: 'relative' };
const vlan = {
  host: 'a.b',
  plugin: 'interface',
  pluginInstance: 'eth0.100',
  type: 'if_octets',
  values: [1, 2],
};

type List = Parameters<ReturnType<typeof createNaming>['nameOf']>[0];
const f = (
  options: Record<string, unknown>,
  list: List,
  source: string,
  many: boolean,
  want: string,
): void => {
  const naming = createNaming(namingSchema().parse(options));
  assert.equal(naming.nameOf(list, source, many), want);
};

test("the default is the original's naming, dots kept in the host name only", () => {
  f({}, cpu, 'value', false, 'collectd.com.example.db1.cpu.0.percent.user');
  f({}, relative, 'shortterm', true, 'collectd.h.load.load.relative.shortterm');
  f({}, vlan, 'rx', true, 'collectd.a.b.interface.eth0_100.if_octets.rx');
});

test('each option of write_graphite', () => {
  f({ prefix: 'x.', postfix: '.agent' }, load, 'midterm', true, 'x.h.agent.load.load.midterm');
  f({ prefix: '' }, load, 'midterm', true, 'h.load.load.midterm');
  f(
    { separateInstances: false },
    cpu,
    'value',
    false,
    'collectd.com.example.db1.cpu-0.percent-user',
  );
  f(
    { alwaysAppendDataSource: true },
    cpu,
    'value',
    false,
    'collectd.com.example.db1.cpu.0.percent.user.value',
  );
  f({ preserveSeparator: 'all' }, vlan, 'rx', true, 'collectd.a.b.interface.eth0.100.if_octets.rx');
  f(
    { preserveSeparator: 'none' },
    vlan,
    'rx',
    true,
    'collectd.a_b.interface.eth0_100.if_octets.rx',
  );
  f(
    { dropDuplicateFields: true },
    relative,
    'shortterm',
    true,
    'collectd.h.load.relative.shortterm',
  );
  f({ dropDuplicateFields: true }, load, 'shortterm', true, 'collectd.h.load.shortterm');
  f({ reverseHost: true }, cpu, 'value', false, 'collectd.db1.example.com.cpu.0.percent.user');
  f(
    { useTags: true, prefix: '' },
    cpu,
    'value',
    false,
    'cpu.percent;host=com.example.db1;plugin=cpu;plugin_instance=0;type=percent;type_instance=user',
  );
  f(
    { useTags: true, prefix: '' },
    load,
    'midterm',
    true,
    'load.load.midterm;host=h;plugin=load;type=load;ds_name=midterm',
  );
});

test('what may not stand in a name becomes the escape character', () => {
  const odd = { ...cpu, pluginInstance: 'a b/c:d(e)"f\\g,h\n', typeInstance: 'x.y' };
  f({ prefix: '' }, odd, 'value', false, 'com.example.db1.cpu.a_b_c_d_e__f_g_h_.percent.x_y');
  f(
    { prefix: '', escapeCharacter: '-' },
    odd,
    'value',
    false,
    'com.example.db1.cpu.a-b-c-d-e--f-g-h-.percent.x-y',
  );
  const long = { ...cpu, pluginInstance: 'x'.repeat(400) };
  f({ prefix: '' }, long, 'value', false, `com.example.db1.cpu.${'x'.repeat(127)}.percent.user`);
});

test('a forbidden or empty escape character is refused', () => {
  for (const text of ["escapeCharacter: ''", "escapeCharacter: '/'"])
    assert.throws(() => parseConfig(namingSchema(), text, 'agent.yml'), OperatingError);
});
