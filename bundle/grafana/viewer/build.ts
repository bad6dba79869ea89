// Builds the viewer's static files: script and style by esbuild, the page, the shipped dashboards
// and the manifest the service looks files up in.
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Writes everything below `outDirectory`, which the service is pointed at by `staticDirectory`. */
export async function buildViewer(outDirectory: string): Promise<{ metafile: Metafile }> {
  await mkdir(outDirectory, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: { viewer: 'main.ts' },
    outdir: outDirectory,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome115', 'firefox115', 'safari16.4'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  await cp(join(here, 'assets'), outDirectory, { recursive: true });
  await cp(join(here, '../dashboards'), join(outDirectory, 'dashboards'), { recursive: true });
  const names = (await readdir(outDirectory)).filter((name) => name !== 'manifest.json').sort();
  const manifest = Object.fromEntries(
    names.flatMap((name) => {
      const contentType = contentTypes[name.slice(name.lastIndexOf('.'))];
      return contentType === undefined ? [] : [[name, { contentType }]];
    }),
  );
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(join(outDirectory, 'manifest.json'), text);
  return { metafile };
}
