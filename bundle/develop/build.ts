// Compiles the project: one readable JavaScript file per entry of services.ts with its source map,
// and the viewer's static files.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { buildViewer } from '../grafana/viewer/build.ts';
import { entryFiles } from '../services.ts';
import { projectRoot } from './project.ts';

/** Loaded from node_modules at run time: pm2 resolves files of its own beside itself. */
const external = ['pm2'];

// CommonJS packages inside an ES module need a `require` for node's own modules.
const banner =
  "import { createRequire as createBundleRequire } from 'node:module';\n" +
  'const require = createBundleRequire(import.meta.url);';

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
      platform: 'node',
      format: 'esm',
      target: 'node22.18',
      banner: { js: banner },
      external,
      sourcemap: 'external',
      sourcesContent: false,
      loader: { '.wasm': 'binary', '.ttf': 'binary' },
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
    }),
    buildViewer(assets),
  ]);
  return { metafile: result.metafile };
}
