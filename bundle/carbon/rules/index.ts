// Storage rules: which retention and which aggregation a new series gets, from Graphite's
// storage-schemas.conf and storage-aggregation.conf. Formats and limits: README.md.
//
//   loadRules({schemasFile, aggregationFile})  -> StorageRules; throws `bad-storage-rules` naming file, line, section
//   parseRules({schemas, aggregation})         the same from texts
//   rules.ruleFor(metric)                      -> {archives, aggregationMethod, xFilesFactor, schema, aggregation}
//   rules.warnings                             sentences for the log and `status`
//   intervalProblem(rules, metric, seconds)    a sentence when points would overwrite each other
// Existing files and their rules:
//   followsRule(layout, rule)                  false: `dkmadmin schema plan` has something to say
//   planChanges(directory, rules, {metricPrefix, namesByPath}) changeOfMetric(directory, rules, metric) historyLoss(before, after)
//   new ChangeRun(directory, isWriterRunning)  applies changes, resumable
// Which new names become series, beside the budget of their prefix:
//   parseNewSeriesRules(text, file)            -> verdictOn(metric); withRule(text, pattern, verdict) edits the text
//   readRefused(file) writeRefused(file, list) the list of refused series
// store-files.ts, for tools: where an instance has all this (kept apart, carbon's threads need no zod)
export { ChangeRun, writerNoticesSeconds } from './apply-change.ts';
export { intervalProblem, loadRules, parseRules, type StorageRules } from './load-rules.ts';
export {
  type NewSeriesRules,
  parseNewSeriesRules,
  type Verdict,
  withRule,
} from './new-series.ts';
export {
  changeOfMetric,
  type FileChange,
  followsRule,
  type HistoryLoss,
  historyLoss,
  type PlannedFile,
  planChanges,
} from './plan-change.ts';
export {
  type RefusedList,
  type RefusedSeries,
  readRefused,
  writeRefused,
} from './refused-series.ts';
export type { AggregationRule, MetricRule, SchemaRule } from './rule.ts';
