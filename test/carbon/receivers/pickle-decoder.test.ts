// Pickles made by the programs that send them; nothing that calls; nothing that breaks the decoder.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodePickle } from '../../../bundle/carbon/receivers/pickle-decoder.ts';
import { PointBatch } from '../../../bundle/carbon/receivers/point-batch.ts';
import { fuzz } from '../fuzz.ts';

interface Fixture {
  name: string;
  pickle: string;
  points: [string, number, number][];
}

const fixtures = JSON.parse(
  readFileSync(new URL('./fixtures/pickles.json', import.meta.url), 'utf8'),
) as Fixture[];

function decode(bytes: Uint8Array): {
  problem: string | undefined;
  points: unknown[];
  malformed: number;
} {
  const batch = new PointBatch();
  const problem = decodePickle(bytes, 0, bytes.length, batch);
  const points = Array.from({ length: batch.count }, (_, k) => [
    Buffer.from(batch.bytes.subarray(batch.nameStart[k], batch.nameEnd[k])).toString('utf8'),
    batch.times[k],
    batch.values[k],
  ]);
  return { problem, points, malformed: batch.malformed };
}

for (const fixture of fixtures) {
  test(`pickle of ${fixture.name}`, () => {
    const bytes = Buffer.from(fixture.pickle, 'base64');
    assert.deepEqual(decode(bytes), { problem: undefined, points: fixture.points, malformed: 0 });
  });
}

test('a pickle cut at any byte is refused', () => {
  for (const fixture of fixtures.filter(({ pickle }) => pickle.length < 1000)) {
    const bytes = Buffer.from(fixture.pickle, 'base64');
    for (let length = 0; length < bytes.length; length++) {
      const { problem, points } = decode(bytes.subarray(0, length));
      assert.notEqual(problem, undefined, `${fixture.name} cut at ${length}`);
      assert.deepEqual(points, []);
    }
  }
});

test('what would import or call is refused', () => {
  // pickle.dumps([("a", (1, Evil()))]) with __reduce__ to os.system, protocols 0, 2 and 4
  const evil = [
    'KGxwMAooVmEKcDEKKEkxCmNwb3NpeApzeXN0ZW0KcDIKKFZ0cnVlCnAzCnRwNApScDUKdHA2CnRwNwphLg==',
    'gAJdcQBYAQAAAGFxAUsBY3Bvc2l4CnN5c3RlbQpxAlgEAAAAdHJ1ZXEDhXEEUnEFhnEGhnEHYS4=',
    'gASVLAAAAAAAAABdlIwBYZRLAYwFcG9zaXiUjAZzeXN0ZW2Uk5SMBHRydWWUhZRSlIaUhpRhLg==',
  ];
  for (const text of evil) {
    const { problem, points } = decode(Buffer.from(text, 'base64'));
    assert.match(problem ?? '', /opcode 0x(63|93) is not allowed/);
    assert.deepEqual(points, []);
  }
});

test('what is not a list of points is refused', () => {
  const bad: [string, RegExp][] = [
    ['I1\n.', /list of points/],
    ["S'a'\n.", /list of points/],
    ['}.', /list of points/],
    ['(lp0\nIx\na.', /number cannot be read/],
    ['e.', /mark is missing/],
    ['\x86.', /stack is empty/],
    ['(\x85.', /stack is empty/],
    ['(0.', /not one list/],
    ['h\x05.', /memo number is unknown/],
    ['q\x05.', /stack is empty/],
    ['\x80\x09.', /protocol/],
    ['X\xff\xff\xff\xffabc', /cut off/],
    ['I1\na.', /no list|stack/],
  ];
  for (const [text, reason] of bad) {
    const { problem } = decode(Buffer.from(text, 'latin1'));
    assert.match(problem ?? 'none', reason, JSON.stringify(text));
  }
});

test('what is no point costs only itself', () => {
  const good = "(S'g'\n(I1700000000\nI5\ntta";
  const bad = [
    'I1\na',
    'Na',
    ')a',
    "S'abc'\na",
    '(I1\n(I2\nI3\ntta',
    "(S'a'\nI3\nta",
    "(S'a'\nta",
    "(S'a'\n(I1\nI2\nI3\nt(I1\nI2\nI3\ntta",
    "(S'a'\n(I1\ntta",
    '(N(I1\nI2\ntta',
    'h\x00a', // the list itself
  ];
  for (const element of bad) {
    const bytes = Buffer.from(`(lq\0${good}${element}${good}.`, 'latin1');
    const { problem, points, malformed } = decode(bytes);
    assert.equal(problem, undefined, element);
    assert.deepEqual(points, Array(2).fill(['g', 1_700_000_000, 5]), element);
    assert.ok(malformed > 0, element);
  }
  for (const number of ['N', `I${'1'.repeat(401)}\n`, `L${'1'.repeat(350)}L\n`]) {
    const { problem, points } = decode(Buffer.from(`((S'a'\n(I1\n${number}ttt.`));
    assert.deepEqual({ problem, points }, { problem: undefined, points: [['a', 1, Number.NaN]] });
  }
});

test('a list named many times over does not become points without end', () => {
  const shared = Buffer.from(`(l${'(I1\nI2\nta'.repeat(20_000)}q\0`, 'latin1');
  const bytes = Buffer.concat([
    Buffer.from('('),
    shared,
    Buffer.from(`0${"(S'a'\nh\0t".repeat(20_000)}`),
  ]);
  const { problem } = decode(Buffer.concat([bytes, Buffer.from('t.')]));
  assert.match(problem ?? 'none', /too many points/);
});

test('many small things in one frame are refused before they take the memory', () => {
  for (const opcodes of [']', ']0', '(', 'N', '}', ')', 'Nq\0']) {
    const bytes = Buffer.alloc(24 << 20, opcodes, 'latin1');
    assert.notEqual(decode(bytes).problem, undefined, opcodes);
  }
});

test('no bytes make the decoder throw', () => {
  const corpus = fixtures.map(({ pickle }) => Buffer.from(pickle, 'base64').subarray(0, 2000));
  fuzz(corpus, (bytes) => decode(bytes));
});
