// The built viewer, read into memory once. A request finds a file by looking its path up in the
// manifest the build wrote; no path of a request ever meets the file system.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OperatingError } from '../core/errors.ts';
import type { HttpAnswer, HttpHandler } from '../core/http.ts';

export const manifestFile = 'manifest.json';

/** What the build says of each file: its name (also its place under /public/) and its type. */
export type StaticManifest = Record<string, { contentType: string }>;

export interface StaticFiles {
  /** The handler of `/public/<name>`, or undefined. */
  handlerOf(path: string): HttpHandler | undefined;
  /** The page of the viewer, for every address it has a view for. */
  page: HttpHandler;
}

const pageFile = 'index.html';

function fileHandler(content: Buffer, contentType: string): HttpHandler {
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  const headers = { 'content-type': contentType, 'cache-control': 'no-cache', etag };
  return (request): HttpAnswer =>
    request.headers['if-none-match'] === etag
      ? { status: 304, headers: { etag, 'cache-control': 'no-cache' }, body: '' }
      : { headers, body: content };
}

/** Reads all files of `directory`; `basePath` (no slash at the end) is written into the page. */
export function loadStaticFiles(directory: string, basePath: string): StaticFiles {
  try {
    const manifest = JSON.parse(
      readFileSync(join(directory, manifestFile), 'utf8'),
    ) as StaticManifest;
    const handlers = new Map<string, HttpHandler>();
    for (const [name, { contentType }] of Object.entries(manifest)) {
      if (name !== pageFile)
        handlers.set(
          `/public/${name}`,
          fileHandler(readFileSync(join(directory, name)), contentType),
        );
    }
    const page = readFileSync(join(directory, pageFile), 'utf8');
    const withBase = page.replace('<base href="/">', `<base href="${basePath}/">`);
    return {
      handlerOf: (path) => handlers.get(path),
      page: fileHandler(Buffer.from(withBase), 'text/html; charset=utf-8'),
    };
  } catch (error) {
    throw new OperatingError(
      'static-files',
      `the files of the viewer in ${directory} cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
