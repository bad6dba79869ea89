import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMsgpack, MsgpackWriter } from '../../bundle/wire/msgpack.ts';
import { failsCleanly, truncations } from './hostile.ts';
import { original } from './originals.ts';

test("python's bytes are read", () => {
  const decoded = decodeMsgpack(original('msgpack.value'));
  assert.ok(decoded instanceof Map);
  assert.deepEqual(decoded.get('list'), [
    1,
    -1,
    255,
    256,
    65536,
    -(2 ** 31),
    2 ** 31,
    -(2 ** 40),
    2 ** 53,
    1.5,
    -0,
    Infinity,
  ]);
  assert.equal(decoded.get('text'), 'größe \u20ac \u{1f600}');
  assert.deepEqual(decoded.get('empty'), [[], [], new Map(), '']);
});

test('what is written is read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.maxSafeInteger(), { maxLength: 40 }),
      fc.array(fc.double({ noNaN: true }), { maxLength: 40 }),
      fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('y'.repeat(70_000)))),
      (integers, doubles, texts) => {
        const writer = new MsgpackWriter(8);
        writer.map(3);
        writer.string('i');
        writer.array(integers.length);
        for (const value of integers) writer.int(value);
        writer.string('d');
        writer.points(Float64Array.from(doubles));
        writer.string('t');
        writer.array(texts.length);
        for (const text of texts) writer.string(text);
        const decoded = decodeMsgpack(writer.finish());
        assert.deepEqual(
          decoded,
          new Map<string, unknown>([
            ['i', integers],
            ['d', doubles],
            ['t', texts],
          ]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('cut or damaged anywhere it fails cleanly', () => {
  for (const cut of truncations(original('msgpack.value')))
    assert.throws(() => decodeMsgpack(cut), { code: 'bad-msgpack' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) =>
      failsCleanly(() => decodeMsgpack(bytes), 'bad-msgpack'),
    ),
    { numRuns: 500 },
  );
  assert.throws(() => decodeMsgpack(Buffer.alloc(1000, 0x91)), { message: /nested too deeply/ });
  assert.throws(() => decodeMsgpack(Buffer.from('ddffffffff', 'hex')), { message: /bad length/ });
  assert.throws(() => decodeMsgpack(Buffer.from('c0c0', 'hex')), { message: /follows/ });
});
