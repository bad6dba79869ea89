// The thread that makes PNGs, as it ships: the library and the font lie beside it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { RasterizeAnswer } from '../../../bundle/carbonapi/drawing/rasterize.ts';
import { besideTheCode } from '../../../bundle/develop/build.ts';

const bytesMax = 400 * 1024 * 1024;

test('the bundled thread draws text, and its files do not swell in memory', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'png-worker-'));
  context.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'carbonapi-png.mjs');
  await build({
    entryPoints: [
      fileURLToPath(new URL('../../../bundle/carbonapi/drawing/png-worker.ts', import.meta.url)),
    ],
    outdir: directory,
    entryNames: 'carbonapi-png',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node22.18',
    format: 'esm',
    ...besideTheCode,
    logLevel: 'error',
  });
  const before = process.memoryUsage().rss;
  const worker = new Worker(file);
  context.after(() => worker.terminate());
  const png = (inside: string): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (answer: RasterizeAnswer) => {
        if (answer.error === undefined) resolve(Buffer.from(answer.png));
        else reject(new Error(answer.error));
      });
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">${inside}</svg>`;
      worker.postMessage({ id: 1, svg });
    });
  const text = await png('<text x="2" y="15" font-size="12">load</text>');
  assert.equal(text.readUInt32BE(16), 60);
  assert.notDeepEqual(text, await png(''), 'the font is there');
  assert.ok(process.memoryUsage().rss - before < bytesMax);
  await assert.rejects(png('<'), /./);
});
