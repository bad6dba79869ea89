import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { multipartFields } from '../../bundle/core/multipart-form.ts';

test('fields of a form come as they were put in, files do not', async () => {
  const field = fc.tuple(fc.constantFrom('a', 'target', 'x y'), fc.string({ unit: 'grapheme' }));
  await fc.assert(
    fc.asyncProperty(fc.array(field, { maxLength: 8 }), async (fields) => {
      const form = new FormData();
      for (const [name, value] of fields) form.append(name, value);
      form.append('file', new Blob(['x']), 'file.txt');
      const sent = new Response(form);
      const type = sent.headers.get('content-type') ?? '';
      const body = Buffer.from(await sent.arrayBuffer());
      // A form sends every end of a line as these two characters.
      const lines = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n');
      const wanted = fields.map(([name, value]) => [name, lines(value)]);
      assert.deepEqual(multipartFields(body, type, 100), wanted);
      assert.equal(multipartFields(body, type, 2).length, Math.min(2, fields.length));
    }),
  );
});

test('what is no form has no fields', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (bytes, type) => {
      multipartFields(Buffer.from(bytes), type, 10);
    }),
  );
  const cut = '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1';
  assert.deepEqual(multipartFields(Buffer.from(cut), 'multipart/form-data; boundary=X', 10), []);
});
