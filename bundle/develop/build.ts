// Compiles the project: one readable JavaScript file per entry of services.ts, beside it the code that
// several of them share, source maps, and the viewer's static files.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { buildViewer } from '../grafana/viewer/build.ts';
import { entryFiles } from '../services.ts';
import { projectRoot } from './project.ts';

/** Loaded from node_modules at run time: pm2 resolves files of its own beside itself. */
const external = ['pm2'];

// CommonJS packages inside an ES module need a `require` for node's own modules.
const banner =
  "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

/** Binary files are copied beside the code that asks for them; in it they would be a third larger. */
export const besideTheCode = {
  loader: { '.wasm': 'file', '.ttf': 'file' },
  assetNames: '[name]',
} as const;

/**
 * Takes from node's own modules what a file names and nothing else. An import statement makes node read
 * every export of the module, and many of them load further modules when read: megabytes a service.
 */
const spareBuiltins = (text: string): string =>
  text.replace(
    /^import (?:(\w+)|\* as (\w+)|(\{[^}]*\})) from "(node:[\w/]+)";$/gm,
    (
      _,
      whole: string | undefined,
      all: string | undefined,
      named: string | undefined,
      path: string,
    ) =>
      `const ${whole ?? all ?? named?.replace(/ as /g, ': ')} = process.getBuiltinModule("${path}");`,
  );

/**
 * Writes every character beyond ASCII as its escape. esbuild leaves those in comments and regular
 * expressions, and for a single one V8 keeps the whole file with two bytes a character.
 */
const escapeAll = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

async function rewriteFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.js')) continue;
    const path = join(directory, name);
    const text = await readFile(path, 'utf8');
    const rewritten = spareBuiltins(escapeAll(text));
    if (rewritten !== text) await writeFile(path, rewritten);
  }
}

export interface BuiltBundle {
  /** esbuild's account of what went into each file; the licence report is made from it. */
  metafile: Metafile;
}

/** Writes `lib/*.js` and `static/*` below `outDirectory`, replacing what was there. */
export async function buildBundle(outDirectory: string): Promise<BuiltBundle> {
  const lib = join(outDirectory, 'lib');
  const assets = join(outDirectory, 'static');
  await Promise.all([lib, assets].map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(assets, { recursive: true });
  const [result] = await Promise.all([
    build({
      absWorkingDir: projectRoot,
      entryPoints: Object.entries(entryFiles).map(([out, file]) => ({ in: file, out })),
      outdir: lib,
      bundle: true,
      splitting: true, // what several services use is in the tarball once
      chunkNames: 'shared-[name]-[hash]', // beside the entries, so that import.meta.dirname is the same
      platform: 'node',
      format: 'esm',
      target: 'node22.18',
      banner: { js: banner },
      external,
      sourcemap: 'external',
      sourcesContent: false,
      ...besideTheCode,
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
    }),
    buildViewer(assets),
  ]);
  await rewriteFiles(lib);
  return { metafile: result.metafile };
}

/** The files that `entry`, of an installed package, loads at any time, as esbuild finds them. */
export async function filesLoadedBy(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs);
}
