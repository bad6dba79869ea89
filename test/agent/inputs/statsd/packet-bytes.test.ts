// The fast way gives exactly what the long way gives, whatever comes.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Aggregate } from '../../../../bundle/agent/inputs/statsd/aggregate.ts';
import { parsePacket } from '../../../../bundle/agent/inputs/statsd/packet.ts';
import { takePacket } from '../../../../bundle/agent/inputs/statsd/packet-bytes.ts';

const limits = { namesMax: 1000, timerValuesMax: 1000, setMembersMax: 1000 };

function state(take: (aggregate: Aggregate) => void) {
  const aggregate = new Aggregate(
    limits,
    () => {},
    () => {},
  );
  take(aggregate);
  const buckets = [...aggregate.buckets.values()].map(({ name, counter, timer, gauge, set }) => ({
    name,
    counter,
    gauge,
    set,
    timer: timer && { count: timer.count, values: [...timer.values.subarray(0, timer.length)] },
  }));
  return { buckets, counts: aggregate.counts };
}

function f(packets: readonly string[]): void {
  const fast = state((aggregate) => {
    for (const packet of packets) takePacket(Buffer.from(packet, 'latin1'), aggregate);
  });
  const long = state((aggregate) => {
    for (const packet of packets) parsePacket(packet, aggregate);
  });
  assert.deepEqual(fast, long);
}

test('plain lines, repeated so that names are known', () => {
  const packet =
    'a.b:1|c\na.b:2.5|c|@0.5\nt:3|ms\nt:4.25|ms|@0.1\ng:5|g\ng:-2|g\ng:+1|g\nu:x|s\r\nh:1|h';
  f([packet, packet, packet]);
});

test('what only the long way knows, after the name is known', () => {
  f([
    'a:1|c',
    'a:1|c:2|ms',
    'a:1e3|c',
    'a:-1|ms',
    'a:1|c|#k:v',
    'a:|c',
    'a:x|c',
    'a:1|c|@0',
    'a:1|cc',
    'a',
    'a:12345678901234567890|c',
    'a:1|',
    'a:1',
    ' a:1|c',
    'a b:1|c',
    'a b:1|c',
  ]);
});

test('many names grow the table', () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `name${i % 900}:${i}|c`);
  f([lines.join('\n'), lines.join('\n')]);
});

test('any text', () => {
  const pieces = fc.constantFrom(
    'a',
    'b',
    ':',
    '|',
    '@',
    '#',
    '1',
    '-',
    '.5',
    'c',
    'ms',
    'g',
    's',
    '\n',
    '\r',
    '[',
    ']',
    '\xe9',
    '0',
  );
  fc.assert(
    fc.property(fc.array(fc.array(pieces).map((parts) => parts.join(''))), (packets) => f(packets)),
    { numRuns: 500 },
  );
});
