// Whisper, Graphite's file format for one series: create, update, read, change. Synchronous, on
// file descriptors, byte for byte what python's whisper 1.1 writes. Not a cache, not a scheduler:
// who calls decides when. Byte layout: README.md.
//
//   aggregationMethods                          names python knows, ids 1..8
//   parseAggregationMethod(name)                'avg' -> 'average', 'median' -> 'p50'; throws `bad-aggregation-method`
//   parseRetention('10s:6h') parseRetentions('10s:6h,1m:7d') formatRetentions(archives)   throw `bad-retention`
//   validateArchives(archives)                  sorted copy; throws `bad-archives`
//   fileBytes(archives)                         size of a file with these archives
//   createWhisper(path, options)                temp file, then rename; makes parent directories; `whisper-exists`
//   blueprintOf(settings)                       settings checked and encoded once for many files
//   createOpenWhisper(path, blueprint, sparse)  a new file -> WhisperHandle, for its first points
//   openWhisper(path, {readOnly})               -> WhisperHandle {path fd layout}
//   closeWhisper(handle)                        isReplaced(handle): the path no longer leads to this file
//   readHeader(fd, path)                        -> WhisperLayout (shared by all files with the same header)
//   updateMany(handle, times, values, count, now)   -> points dropped as older than every archive
//   handle.arrivals                             points that came since it was opened, and how many overwrote each other
//   fetchInto(source, from, until, now, target) -> boolean; target {start step count values} is reused
//   fetchSeries(source, from, until, now)       -> {start step values} or undefined (nothing in the interval)
//   metricToPath(metric) pathToMetric(path) metricNameProblem(metric)
// For tools:
//   setAggregation(path, {aggregationMethod, xFilesFactor})   changes a header in place
//   convertInto(target, source, now) countMissing(target, source, now)   a series into other archives
//   mergeInto(target, source, from, until, now) fillGaps(target, source, now)
//   diffFiles(a, b, now, {ignoreEmpty, until})  what two files say differently, archive by archive
//   verifyWhisper(path, now) -> {path, problems}   repairWhisper(path, now) -> name of the damaged file
//   readSlotBytes(handle, index) adoptOwner(path, like)
export {
  type AggregationMethod,
  aggregationMethods,
  parseAggregationMethod,
} from './aggregation.ts';
export { convertInto, countMissing } from './convert.ts';
export {
  type Blueprint,
  blueprintOf,
  type CreateOptions,
  createOpenWhisper,
  createWhisper,
  setAggregation,
} from './create.ts';
export { type ArchiveDifference, type DiffOptions, diffFiles } from './diff.ts';
export { type FetchTarget, fetchInto, fetchSeries } from './fetch.ts';
export {
  type Arrivals,
  closeWhisper,
  isReplaced,
  openWhisper,
  type WhisperHandle,
} from './handle.ts';
export { fileBytes, readHeader, validateArchives, type WhisperLayout } from './header.ts';
export { fillGaps, mergeInto } from './merge.ts';
export { metricNameProblem, metricToPath, pathToMetric } from './metric-path.ts';
export { adoptOwner } from './owner.ts';
export { readSlotBytes } from './points.ts';
export {
  type ArchiveSpec,
  formatRetentions,
  parseRetention,
  parseRetentions,
} from './retention.ts';
export { updateMany } from './update.ts';
export { type RepairOptions, repairWhisper, type VerifyReport, verifyWhisper } from './verify.ts';
