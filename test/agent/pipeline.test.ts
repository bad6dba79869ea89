import assert from 'node:assert/strict';
import test from 'node:test';
import { namingSchema } from '../../bundle/agent/naming.ts';
import { createPipeline, rateOf } from '../../bundle/agent/pipeline.ts';
import { parseTypesDb, valueTypes } from '../../bundle/agent/value-types.ts';
import { silentLogger } from '../../bundle/core/log.ts';

function setUp(naming: Record<string, unknown> = {}) {
  let lines = '';
  let nowMs = 1_700_000_000_500;
  const pipeline = createPipeline({
    hostName: 'h',
    types: valueTypes,
    now: () => nowMs,
    log: silentLogger,
  });
  const sink = {
    naming: namingSchema().parse({ prefix: '', ...naming }),
    accept: ({ bytes }: { bytes: Buffer }) => {
      lines += bytes.toString();
    },
  };
  pipeline.setSinks([sink]);
  const taken = (): string => {
    pipeline.flush();
    const text = lines;
    lines = '';
    return text;
  };
  return { pipeline, sink, taken, pass: (ms: number) => (nowMs += ms) };
}

test('gauges go out at once, counters as rates from the second reading on', () => {
  const { pipeline, taken, pass } = setUp();
  pipeline.emit({ plugin: 'users', type: 'users', values: [3] });
  pipeline.emit({ plugin: 'interface', pluginInstance: 'e', type: 'if_octets', values: [100, 5] });
  assert.equal(taken(), 'h.users.users 3 1700000000\n');
  pass(10_000);
  pipeline.emit({
    plugin: 'interface',
    pluginInstance: 'e',
    type: 'if_octets',
    values: [1100, 10],
  });
  assert.equal(
    taken(),
    'h.interface.e.if_octets.rx 100.000000 1700000010\nh.interface.e.if_octets.tx 0.500000 1700000010\n',
  );
});

test('a counter that was reset gives no value once, then rates again', () => {
  const { pipeline, taken, pass } = setUp();
  const emit = (value: number): void => {
    pipeline.emit({ plugin: 'p', type: 'derive', values: [value] });
    pass(10_000);
  };
  emit(1000);
  emit(10);
  assert.equal(taken(), '');
  emit(110);
  assert.equal(taken(), 'h.p.derive 10.000000 1700000020\n');
  assert.equal(pipeline.statistics().unknownValues, 1);
});

test('rates by kind', () => {
  assert.equal(rateOf('derive', 30, 10, 10), 2);
  assert.equal(rateOf('counter', 5, 2 ** 32 - 5, 10), 1);
  assert.equal(rateOf('counter', 5n, 2n ** 64n - 5n, 10), 1);
  assert.equal(rateOf('absolute', 50, 999, 10), 5);
  assert.ok(Number.isNaN(rateOf('derive', 30, 10, 0)));
  assert.equal(rateOf('derive', 2n ** 63n + 20n, 2n ** 63n, 10), 2);
});

test('a clock set back does not change rates that come with a monotonic time', () => {
  const { pipeline, taken, pass } = setUp();
  pipeline.emit({ plugin: 'p', type: 'derive', values: [0] }, 1000);
  pass(-3_600_000);
  pipeline.emit({ plugin: 'p', type: 'derive', values: [100] }, 11_000);
  assert.equal(taken(), 'h.p.derive 10.000000 1699996400\n');
});

test('raw counters without storeRates', () => {
  const { pipeline, taken } = setUp({ storeRates: false });
  pipeline.emit({ plugin: 'p', type: 'derive', values: [12345678901234n] });
  assert.equal(taken(), 'h.p.derive 12345678901234 1700000000\n');
});

test('values out of bounds, unknown types and wrong counts are not sent but counted', () => {
  const { pipeline, taken } = setUp();
  pipeline.emit({ plugin: 'p', type: 'percent', values: [101] });
  pipeline.emit({ plugin: 'p', type: 'percent', values: [Number.NaN] });
  pipeline.emit({ plugin: 'p', type: 'no_such_type', values: [1] });
  pipeline.emit({ plugin: 'p', type: 'load', values: [1] });
  pipeline.emitPoint('x', Number.POSITIVE_INFINITY, 1);
  assert.equal(taken(), '');
  assert.equal(pipeline.statistics().unknownValues, 3);
  assert.equal(pipeline.statistics().rejectedLists, 2);
});

test('finished points keep their name; every sink gets them under its own naming otherwise', () => {
  const { pipeline, sink, taken } = setUp();
  let other = '';
  pipeline.setSinks([
    sink,
    {
      naming: namingSchema().parse({ prefix: 'o.' }),
      accept: ({ bytes }) => {
        other += bytes.toString();
      },
    },
  ]);
  pipeline.emitPoint('stats.x', 1.5, 7);
  pipeline.emit({ plugin: 'users', type: 'users', values: [1], timeMs: 9000, host: 'far' });
  assert.equal(taken(), 'stats.x 1.5 7\nfar.users.users 1 9\n');
  assert.equal(other, 'stats.x 1.5 7\no.far.users.users 1 9\n');
});

test('types.db: ours says what the original says, and a faulty line is named', () => {
  assert.deepEqual(
    valueTypes.get('if_octets')?.map((source) => source.name),
    ['rx', 'tx'],
  );
  assert.equal(valueTypes.get('percent')?.[0]?.max, 100.1);
  const parsed = parseTypesDb('# c\nmine a:GAUGE:0:U, b:DERIVE:U:5 # x\n', 't.db');
  assert.equal(parsed.get('mine')?.[1]?.kind, 'derive');
  assert.throws(() => parseTypesDb('a\nb', 't.db'), /t\.db:1/);
});
