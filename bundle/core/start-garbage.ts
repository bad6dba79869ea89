// Starting leaves garbage that an idle process would keep for ever: parsed configuration, compiled code
// that runs once. Collecting it once, a while after the start, frees about a tenth of a service.
const afterMs = 3000;
const heapBytesMax = 64 * 1024 * 1024; // a larger heap is a busy one, and would stand still for long

/** Collects the caller's thread once, soon, if the process has --expose-gc; else nothing happens. */
export function collectStartGarbage(): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  setTimeout(() => {
    if (process.memoryUsage().heapUsed > heapBytesMax) return;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }, afterMs).unref();
}
