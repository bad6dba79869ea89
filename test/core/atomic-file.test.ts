// A file is replaced whole or not at all.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { writeFileAtomic, writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';

test('the old content stays until the new is complete, and nothing is left beside', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-atomic-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'a');
  writeFileSync(file, 'old');
  await writeFileAtomic(file, 'new');
  assert.equal(readFileSync(file, 'utf8'), 'new');
  writeFileAtomicSync(file, Buffer.from('newer'));
  assert.equal(readFileSync(file, 'utf8'), 'newer');
  await assert.rejects(writeFileAtomic(join(directory, 'no', 'b'), 'x'), { code: 'ENOENT' });
  assert.throws(() => writeFileAtomicSync(directory, 'x'));
  assert.deepEqual(readdirSync(directory), ['a']);
});
