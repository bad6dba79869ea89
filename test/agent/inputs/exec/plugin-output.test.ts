// Nagios plugin output by its real grammar.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  parsePerformanceData,
  parsePluginOutput,
} from '../../../../bundle/agent/inputs/exec/plugin-output.ts';

const brief = (text: string) =>
  parsePerformanceData(text).values.map(({ label, value, unit }) => [label, value, unit]);

test('labels, units and unknown values', () => {
  assert.deepEqual(brief('time=0.5s;1;2;0;10 size=2KB;;;0'), [
    ['time', 0.5, 's'],
    ['size', 2048, 'B'],
  ]);
  assert.deepEqual(brief("'a b'=1 'it''s=x'=2%;"), [
    ['a b', 1, ''],
    ["it's=x", 2, '%'],
  ]);
  assert.deepEqual(brief('rta=12.5ms pl=0% in=77c big=1e6'), [
    ['rta', 0.0125, 's'],
    ['pl', 0, '%'],
    ['in', 77, 'c'],
    ['big', 1e6, ''],
  ]);
  assert.deepEqual(brief('neg=-3 plus=+4 dot=.5'), [
    ['neg', -3, ''],
    ['plus', 4, ''],
    ['dot', 0.5, ''],
  ]);
  assert.equal(parsePerformanceData('x=U;1;2').values[0]?.value, Number.NaN);
  assert.deepEqual(brief('odd=5widgets'), [['odd', 5, '']]);
});

test('thresholds stay texts, minimum and maximum take the unit', () => {
  const [value] = parsePerformanceData('/=10MB;@5:20;~:30;0;100').values;
  assert.deepEqual(
    [value?.warn, value?.crit, value?.min, value?.max],
    ['@5:20', '~:30', 0, 100 * 1024 ** 2],
  );
});

test('what follows no grammar costs its neighbours nothing', () => {
  const { values, bad } = parsePerformanceData('good=1 bad=x also=2');
  assert.deepEqual(
    values.map(({ label }) => label),
    ['good', 'also'],
  );
  assert.deepEqual(bad, ['bad=x']);
  assert.deepEqual(parsePerformanceData('no data at all').bad, ['no data at all']);
});

test('several lines of text and data', () => {
  const output = parsePluginOutput(
    'DISK OK - free | /=1MB;;;\n/home ok\n/var ok | /home=2MB\n/var=3MB\n',
  );
  assert.equal(output.text, 'DISK OK - free');
  assert.equal(output.longText, '/home ok\n/var ok');
  assert.deepEqual(
    output.values.map(({ label }) => label),
    ['/', '/home', '/var'],
  );
  assert.deepEqual(parsePluginOutput('').values, []);
});

test('any text is survived in linear time', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parsePluginOutput(text);
    }),
  );
  parsePluginOutput(`x | ${"'".repeat(20_000)}`);
  parsePluginOutput(`x | ${'a '.repeat(20_000)}`);
});
