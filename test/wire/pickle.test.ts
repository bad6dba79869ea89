import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePickle, encodePickle, type PickleValue } from '../../bundle/wire/pickle.ts';
import { failsCleanly, truncations } from './hostile.ts';
import { original } from './originals.ts';

const value = new Map<PickleValue, PickleValue>([
  ['list', [1, -1, 255, 256, 65536, -(2 ** 31), 2 ** 31, -(2 ** 40), 2n ** 53n, 1.5, -0, Infinity]],
  ['text', 'größe \u20ac \u{1f600}'],
  ['none', null],
  ['flags', [true, false]],
  ['one', [1]],
  ['three', [1, 'two', 3]],
  ['four', [1, 2, 3, 4]],
  ['empty', [[], [], new Map(), '']],
  ['nested', new Map([['a', [new Map([['b', ['c']]])]]])],
]);

for (let protocol = 0; protocol <= 5; protocol++) {
  test(`python's protocol ${protocol} is read`, () => {
    assert.deepEqual(decodePickle(original(`pickle.${protocol}`)), value);
    assert.deepEqual(decodePickle(original(`pickle.points.${protocol}`)), [
      ['a.b.c', [1700000000, 1.5]],
      ['a.b.c', [1700000060, 2]],
      ['d', [1700000000, -3.25]],
    ]);
  });
  test(`protocol ${protocol} cut anywhere fails cleanly`, () => {
    for (const cut of truncations(original(`pickle.${protocol}`)))
      assert.throws(() => decodePickle(cut), { code: 'bad-pickle' });
  });
}

test("python 2's byte strings and text opcodes are read", () => {
  assert.deepEqual(decodePickle(original('pickle.python2')), [
    ['aé\n"', [1700000000, 1.5]],
    ['b€', [12345678901234567890n, true]],
  ]);
  assert.deepEqual(decodePickle(original('pickle.python2.binary')), [
    ['a.b', -15],
    ['xyz', 'a.b'],
  ]);
  assert.deepEqual(decodePickle(original('pickle.bytes')), [Buffer.from('ab'), Buffer.from('cd')]);
});

const interval = (start: number, end: number) =>
  new Map<PickleValue, PickleValue>([
    ['start', start],
    ['end', end],
  ]);
const classes = new Set(['own.Set', 'own.Interval']);
// What Python 3 writes (protocols 2 and 4), and Python 2 for its old classes.
const objects: Record<string, string> = {
  newobj:
    '\x80\x02cown\nSet\nq\0)\x81q\x01}X\x01\0\0\0i](cown\nInterval\nq\x02)\x81}(X\x05\0\0\0startK\x01X\x03\0\0\0endK\x02ubh\x02)\x81}(X\x05\0\0\0startK\x03X\x03\0\0\0endK\x04ubesb.',
  stackGlobal:
    '\x80\x04\x8c\x03own\x94\x8c\x03Set\x94\x93\x94)\x81}\x8c\x01i](h\0\x8c\x08Interval\x93\x94)\x81}(\x8c\x05startK\x01\x8c\x03endK\x02ubh\x03)\x81}(\x8c\x05startK\x03\x8c\x03endK\x04ubesb.',
  python2:
    '\x80\x02(cown\nSet\nq\0oq\x01}U\x01i](' +
    '(cown\nInterval\nq\x02o}(U\x05startK\x01U\x03endK\x02ub(h\x02o}(U\x05startK\x03U\x03endK\x04ubesb.',
};

for (const [kind, text] of Object.entries(objects)) {
  test(`objects of expected classes are read as their attributes: ${kind}`, () => {
    const bytes = Buffer.from(text, 'latin1');
    assert.deepEqual(
      decodePickle(bytes, undefined, classes),
      new Map([['i', [interval(1, 2), interval(3, 4)]]]),
    );
    assert.throws(() => decodePickle(bytes), { message: /is not allowed/ });
    assert.throws(() => decodePickle(bytes, undefined, new Set(['own.Set'])), {
      message: /a class nobody expects/,
    });
    for (const cut of truncations(bytes))
      assert.throws(() => decodePickle(cut, undefined, classes), { code: 'bad-pickle' });
  });
}

test('a class is no value, and is never called', () => {
  for (const text of [
    'cown\nSet\n.',
    'cown\nSet\n\x85.',
    '(cown\nSet\nt.',
    'cown\nSet\nK\x01\x85\x81.',
    'cown\nSet\n)R.',
    '(cown\nSet\nK\x01o.',
    'K\x01)\x81.',
    '})\x81.',
    'cown\nSet\n}b.',
    'cown\nSet\n)\x81K\x01b.',
    ']cown\nSet\na.',
    'cos\nsystem\n)\x81.',
  ])
    assert.throws(() => decodePickle(Buffer.from(text, 'latin1'), undefined, classes), {
      code: 'bad-pickle',
    });
});

test('nothing is imported, called or referred to without end', () => {
  const f = (name: string, message: RegExp): void =>
    assert.throws(() => decodePickle(original(name)), { code: 'bad-pickle', message });
  f('pickle.system', /opcode 0x63 is not allowed/);
  f('pickle.recursive', /nested too deeply/);
  f('pickle.bomb', /nested too deeply/);
  // GLOBAL, STACK_GLOBAL, REDUCE, BUILD, INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1, PERSID, BINPERSID, SET
  for (const opcode of [0x63, 0x93, 0x52, 0x62, 0x69, 0x6f, 0x81, 0x92, 0x82, 0x50, 0x51, 0x8f])
    assert.throws(() => decodePickle(Buffer.from([0x4e, opcode, 0x2e])), {
      message: /is not allowed/,
    });
});

test('limits are kept', () => {
  const many = encodePickle(Array.from({ length: 1000 }, () => 1));
  assert.throws(() => decodePickle(many, { valuesMax: 500, depthMax: 4 }), {
    message: /too many values/,
  });
  assert.equal((decodePickle(many, { valuesMax: 1100, depthMax: 4 }) as []).length, 1000);
  // A length that is only claimed takes no memory.
  assert.throws(
    () => decodePickle(Buffer.from('8e ffffffff00000000 2e'.replaceAll(' ', ''), 'hex')),
    {
      code: 'bad-pickle',
    },
  );
});

const pickled = fc.letrec<{ value: PickleValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  ),
})).value;

test('any value survives the round trip', () => {
  fc.assert(
    fc.property(pickled, (any) => {
      assert.deepEqual(decodePickle(encodePickle(any), { valuesMax: 1e6, depthMax: 100 }), any);
    }),
  );
});

test('any bytes fail cleanly', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      failsCleanly(() => decodePickle(bytes), 'bad-pickle'),
    ),
    { numRuns: 500 },
  );
  const sample = original('pickle.2');
  fc.assert(
    fc.property(fc.nat(sample.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(sample);
      damaged[at] = byte;
      failsCleanly(() => decodePickle(damaged), 'bad-pickle');
    }),
    { numRuns: 500 },
  );
});

const python = spawnSync('python3', ['-c', 'pass']).status === 0;

test('python reads what we write', { skip: python ? false : 'python3 is not installed' }, () => {
  const program =
    'import json,pickle,sys; print(json.dumps(pickle.loads(bytes.fromhex(sys.argv[1]))))';
  const written: PickleValue = new Map<PickleValue, PickleValue>([
    ['numbers', [0, 255, 256, -1, 2 ** 40, -(2 ** 40), 1.5, 1e300]],
    ['text', 'größe \u{1f600}'],
    ['rest', [null, true, false, [], new Map()]],
  ]);
  const hex = encodePickle(written).toString('hex');
  const read: unknown = JSON.parse(
    execFileSync('python3', ['-c', program, hex], { encoding: 'utf8' }),
  );
  assert.deepEqual(read, {
    numbers: [0, 255, 256, -1, 2 ** 40, -(2 ** 40), 1.5, 1e300],
    text: 'größe \u{1f600}',
    rest: [null, true, false, [], {}],
  });
});
