// The thread that makes PNGs; the one file that knows resvg. esbuild puts the library's code and the
// font beside this thread's file; from source they are read where they lie.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import type { RasterizeAnswer } from './rasterize.ts';

// Only esbuild sees these calls: it copies the files and puts their new paths in the place of the calls.
declare function require(path: string): string;

const besides = (path: string): URL => new URL(path, import.meta.url);

function placeOfFiles(): { wasmFile: URL | string; fontFile: URL } {
  if (!import.meta.url.endsWith('.ts')) {
    return {
      wasmFile: besides(require('@resvg/resvg-wasm/index_bg.wasm')),
      fontFile: besides(require('./fonts/DejaVuSans.ttf')),
    };
  }
  return {
    wasmFile: createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm'),
    fontFile: besides('./fonts/DejaVuSans.ttf'),
  };
}

const { wasmFile, fontFile } = placeOfFiles();
const [wasm, font] = await Promise.all([readFile(wasmFile), readFile(fontFile)]);
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
