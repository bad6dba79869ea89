// Plaintext lines: what is a point, what is refused and why, wherever the stream is cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusalReason } from '../../../bundle/carbon/receivers/ledger.ts';
import { LineReader } from '../../../bundle/carbon/receivers/line-reader.ts';
import { PlaintextParser, parseNumber } from '../../../bundle/carbon/receivers/plaintext-parser.ts';
import { fuzz, randomFrom } from '../fuzz.ts';
import { createReceiving, testNow } from './receiving.ts';

const lineBytesMax = 1000;

function createReader() {
  const receiving = createReceiving();
  const counters = receiving.ledger.receiver('tcp');
  const parser = new PlaintextParser(receiving.intake, counters, lineBytesMax);
  return { ...receiving, counters, reader: new LineReader(parser, counters, lineBytesMax) };
}

test('a line is a point', () => {
  const f = (line: string, want: [string, number, number]): void => {
    const { reader, points, counters } = createReader();
    reader.push(Buffer.from(`${line}\n`));
    assert.deepEqual(points(want[0]), [[want[1], want[2]]], line);
    assert.equal(counters.received, 1);
    assert.equal(counters.errors, 0);
  };
  f('a.b 1 1600000000', ['a.b', 1600000000, 1]);
  f('a.b -1.5 1600000000', ['a.b', 1600000000, -1.5]);
  f('a.b 0.1 1600000000\r', ['a.b', 1600000000, 0.1]);
  f('  a.b 123.456 1600000000  ', ['a.b', 1600000000, 123.456]);
  f('a.b 1e3 1600000000', ['a.b', 1600000000, 1000]);
  f('a.b +2 1600000000', ['a.b', 1600000000, 2]);
  f('a.b .5 1600000000', ['a.b', 1600000000, 0.5]);
  f('a.b 5. 1600000000', ['a.b', 1600000000, 5]);
  f('a.b 1 1600000000.9', ['a.b', 1600000000, 1]);
  f('a.b 1 1.6e9', ['a.b', 1600000000, 1]);
  f('a.b 1 -1', ['a.b', testNow, 1]);
  f('a.b -1 -1.0', ['a.b', testNow, -1]);
  f('a.b inf 1600000000', ['a.b', 1600000000, Number.POSITIVE_INFINITY]);
  f('a.b -Infinity 1600000000', ['a.b', 1600000000, Number.NEGATIVE_INFINITY]);
  f('a.b 123456789012345678 1600000000', ['a.b', 1600000000, 123456789012345680]);
  f('a.b 0.30000000000000004 1600000000', ['a.b', 1600000000, 0.30000000000000004]);
  f('größe.ü 1 1600000000', ['größe.ü', 1600000000, 1]);
  f('cpu;host=b;dc=a 1 1600000000', ['cpu;dc=a;host=b', 1600000000, 1]);
  f('disk;mount=/var/log 1 1600000000', ['disk;mount=/var/log', 1600000000, 1]);
});

test('a bad line is refused for its reason', () => {
  const f = (line: string | Buffer, reason: RefusalReason): void => {
    const { reader, cache, counters } = createReader();
    reader.push(Buffer.concat([Buffer.from(line as string), Buffer.from('\n')]));
    assert.equal(counters.refused[reason], 1, `${line}: ${JSON.stringify(counters.refused)}`);
    assert.equal(counters.received, 1);
    assert.equal(cache.points, 0);
    assert.equal(cache.table.size, 0, 'a refused line makes no series');
  };
  f('a.b', 'malformed');
  f('a.b 1', 'malformed');
  f('a.b\t1\t1600000000', 'malformed');
  f('a.b  1 1600000000', 'bad-value');
  f('a.b 1  1600000000', 'bad-time');
  f('a.b 1 1600000000 more', 'bad-time');
  f('a.b one 1600000000', 'bad-value');
  f('a.b 0x10 1600000000', 'bad-value');
  f('a.b 1_000 1600000000', 'bad-value');
  f('a.b - 1600000000', 'bad-value');
  f('a.b 1e999 1600000000', 'bad-value');
  f('a.b nan 1600000000', 'not-a-number');
  f('a.b -NaN 1600000000', 'not-a-number');
  f('a.b 1 now', 'bad-time');
  f('a.b 1 0', 'bad-time');
  f('a.b 1 -2', 'bad-time');
  f('a.b 1 99999999999', 'bad-time');
  f(`a.b 1 ${testNow + 100_000}`, 'future');
  f('a..b 1 1600000000', 'bad-name');
  f('.a 1 1600000000', 'bad-name');
  f('a. 1 1600000000', 'bad-name');
  f('a/b 1 1600000000', 'bad-name');
  f('../../x 1 1600000000', 'bad-name');
  f('nul\0.x 1 1600000000', 'bad-name');
  f('tab\t.x 1 1600000000', 'bad-name');
  f(`${'n'.repeat(260)}.x 1 1600000000`, 'bad-name');
  f('a;tag 1 1600000000', 'bad-name');
  f('a;=v 1 1600000000', 'bad-name');
  f('a;t=~v 1 1600000000', 'bad-name');
  f(Buffer.from('\xff\xfe.x 1 1600000000', 'latin1'), 'bad-name');
  f(`a.b 1 ${'1'.repeat(lineBytesMax)}`, 'line-too-long');
});

test('the clock may jump: what counts is where it stands', () => {
  const { reader, points, counters, time } = createReader();
  reader.push(Buffer.from(`j.a 1 -1\nj.b 1 ${testNow + 80_000}\n`));
  time.now = testNow - 3600;
  reader.push(Buffer.from(`j.a 2 -1\nj.c 1 ${testNow + 85_000}\nj.d 1 ${testNow}\n`));
  time.now = testNow + 86_400 * 365;
  reader.push(Buffer.from(`j.a 3 -1\nj.c 2 ${testNow + 85_000}\n`));
  assert.deepEqual(points('j.a'), [
    [testNow, 1],
    [testNow - 3600, 2],
    [testNow + 86_400 * 365, 3],
  ]);
  assert.deepEqual(points('j.c'), [[testNow + 85_000, 2]]);
  assert.deepEqual(points('j.d'), [[testNow, 1]]);
  assert.equal(counters.refused.future, 1);
});

test('empty lines are nothing', () => {
  const { reader, counters } = createReader();
  reader.push(Buffer.from('\n\r\n   \n\n'));
  assert.equal(counters.received, 0);
});

test('the stream may be cut anywhere', () => {
  const text = Buffer.from(
    'a.b 1 1600000000\nbad\n\na.c 2.5 1600000001\r\n a.d 3 1600000002\nlast 4 16000',
  );
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second += 7) {
      const { reader, points, counters } = createReader();
      reader.push(Buffer.from(text.subarray(0, first)));
      reader.push(Buffer.from(text.subarray(first, second)));
      reader.push(Buffer.from(text.subarray(second)));
      reader.end();
      assert.deepEqual(points('a.b'), [[1600000000, 1]]);
      assert.deepEqual(points('a.c'), [[1600000001, 2.5]]);
      assert.deepEqual(points('a.d'), [[1600000002, 3]]);
      assert.equal(counters.refused.malformed, 1);
      assert.equal(counters.refused.unterminated, 1);
      assert.equal(counters.received, 5);
    }
  }
});

test('a line longer than allowed is skipped, in one piece or many', () => {
  for (const size of [1, 100, 999, 1001, 10_000, 64_000]) {
    const { reader, points, counters } = createReader();
    const text = Buffer.from(`a.b 1 1600000000\n${'x'.repeat(50_000)}\na.c 2 1600000000\n`);
    for (let at = 0; at < text.length; at += size) reader.push(text.subarray(at, at + size));
    reader.end();
    assert.deepEqual(points('a.b'), [[1600000000, 1]]);
    assert.deepEqual(points('a.c'), [[1600000000, 2]]);
    assert.equal(counters.refused['line-too-long'], 1);
    assert.equal(counters.received, 3);
  }
});

test('series that come in another order than last time are still told apart', () => {
  const { reader, points } = createReader();
  const random = randomFrom(1);
  const want = new Map<string, [number, number][]>();
  for (let round = 0; round < 50; round++) {
    let text = '';
    for (let k = 0; k < 40; k++) {
      // Names that are prefixes and neighbours of each other.
      const name = ['a', 'a.b', 'a.bb', 'a.b.c', 'ab', 'b.b'][Math.floor(random() * 6)] as string;
      const point: [number, number] = [1600000000 + round, k];
      text += `${name} ${k} ${point[0]}\n`;
      want.set(name, [...(want.get(name) ?? []), point]);
    }
    reader.push(Buffer.from(text));
  }
  for (const [name, list] of want) assert.deepEqual(points(name), list);
});

test('fast and exact reading of numbers agree', () => {
  const random = randomFrom(7);
  for (let k = 0; k < 20_000; k++) {
    const whole = Math.floor(random() * 10 ** Math.floor(random() * 16));
    const text = random() < 0.5 ? `${whole}` : `${whole}.${Math.floor(random() * 1e6)}`;
    const { reader, points } = k % 1000 === 0 ? createReader() : last;
    last = { reader, points };
    const time = 1_500_000_000 + k;
    reader.push(Buffer.from(`n.x ${text} ${time}\n`));
    assert.deepEqual(points('n.x').at(-1), [time, Number(text)]);
    assert.equal(parseNumber(text), Number(text));
  }
});
let last: Pick<ReturnType<typeof createReader>, 'reader' | 'points'>;

test('whatever comes, every line is counted once: received = held + refused', () => {
  const corpus = [
    'a.b 1 1600000000\n',
    'x.y -12.5 1600000000\r\n',
    'cpu;a=b;c=d 1e3 -1\n',
    'bad\n\n  \nnan nan nan\n',
  ].map((text) => Buffer.from(text));
  fuzz(corpus, (bytes) => {
    const { reader, counters, cache } = createReader();
    const cut = bytes.length >> 1;
    reader.push(bytes.subarray(0, cut));
    reader.push(bytes.subarray(cut));
    reader.end();
    assert.equal(counters.received, cache.points + counters.errors);
  });
});
