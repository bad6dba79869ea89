// Where a worker thread's code is: the source file when run from source, the file esbuild made of
// it beside the service's own when run from the package.

/**
 * The URL to start a worker from. `key` is its name in `entryFiles`, `source` its file relative to
 * the caller, whose `import.meta.url` is `callerUrl`.
 */
export function workerEntry(key: string, callerUrl: string, source: string): URL {
  const isSource = new URL(callerUrl).pathname.endsWith('.ts');
  return new URL(isSource ? source : `./${key}.js`, callerUrl);
}
