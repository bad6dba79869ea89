// The metric index: the names of all series, tagged or not, and the questions about them. The one
// way in to this folder.
export type { DiskScanResult } from './disk-scan.ts';
export { isGlob } from './glob.ts';
export { createMetricIndex, type SearchableIndex, type TagQueries } from './memory-index.ts';
export {
  openMetricIndex,
  type PersistentIndex,
  type PersistentIndexOptions,
} from './persistence.ts';
export { runInSlices, runNow, type Work } from './slices.ts';
export { canonicalName } from './tag-index.ts';
