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

function decode(bytes: Uint8Array): { problem: string | undefined; points: unknown[] } {
  const batch = new PointBatch();
  const problem = decodePickle(bytes, 0, bytes.length, batch);
  const points = Array.from({ length: batch.count }, (_, k) => [
    Buffer.from(batch.bytes.subarray(batch.nameStart[k], batch.nameEnd[k])).toString('utf8'),
    batch.times[k],
    batch.values[k],
  ]);
  return { problem, points };
}

for (const fixture of fixtures) {
  test(`pickle of ${fixture.name}`, () => {
    const bytes = Buffer.from(fixture.pickle, 'base64');
    assert.deepEqual(decode(bytes), { problem: undefined, points: fixture.points });
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
    ['(lp0\nI1\na.', /element is not/],
    ['I1\n.', /list of points/],
    ['(lp0\n(I1\n(I2\nI3\ntta.', /path is not a string/],
    ["(lp0\n(S'a'\nI3\nta.", /list of points is missing/],
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
