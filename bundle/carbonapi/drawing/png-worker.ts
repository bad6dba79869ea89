// The thread that makes PNGs; the one file that knows resvg. esbuild puts the library's code and the
// font into this thread's file; from source they are read where they lie.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import type { RasterizeAnswer } from './rasterize.ts';

// Only esbuild sees these calls, and puts the bytes of the files in their place. An import would do
// the same, and then copy the bytes one by one, as if they were the names that a module exports.
declare function require(path: string): Uint8Array<ArrayBuffer>;

async function loadBytes(): Promise<{ wasm: Uint8Array<ArrayBuffer>; font: Uint8Array }> {
  if (!import.meta.url.endsWith('.ts')) {
    return {
      wasm: require('@resvg/resvg-wasm/index_bg.wasm'),
      font: require('./fonts/DejaVuSans.ttf'),
    };
  }
  const { resolve } = createRequire(import.meta.url);
  return {
    wasm: new Uint8Array(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm'))),
    font: await readFile(new URL('./fonts/DejaVuSans.ttf', import.meta.url)),
  };
}

const { wasm, font } = await loadBytes();
await initWasm(wasm);

function rasterize(svg: string): Uint8Array {
  const image = new Resvg(svg, {
    font: { fontBuffers: [font], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  try {
    const rendered = image.render();
    const png = rendered.asPng();
    rendered.free();
    return png;
  } finally {
    image.free();
  }
}

parentPort?.on('message', ({ id, svg }: { id: number; svg: string }) => {
  let answer: RasterizeAnswer;
  try {
    answer = { id, png: rasterize(svg) };
  } catch (error) {
    answer = { id, error: String(error) };
  }
  parentPort?.postMessage(answer);
});
