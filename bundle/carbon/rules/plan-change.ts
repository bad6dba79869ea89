// What an edit of the storage rules would change in the files that exist: which differ from their
// rule, in what, and which history that would cost.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import {
  type ArchiveSpec,
  closeWhisper,
  fileBytes,
  formatRetentions,
  metricToPath,
  openWhisper,
  pathToMetric,
  type WhisperLayout,
} from '../../whisper/index.ts';
import type { StorageRules } from './load-rules.ts';
import type { MetricRule } from './rule.ts';

/** Where schema apply keeps its books, inside the whisper directory. */
export const changeDirectory = '.schema-apply';

export interface FileChange {
  metric: string;
  /** Relative to the whisper directory. */
  path: string;
  rule: MetricRule;
  layout: WhisperLayout;
  /** The archives differ: the file must be copied. Otherwise its header is enough. */
  isResized: boolean;
}

export interface HistoryLoss {
  /** Seconds; what is older than this is dropped. */
  olderThan?: number;
  /** Ages in seconds between which points become coarser. */
  coarser: { from: number; to: number; stepBefore: number; stepAfter: number }[];
}

/** The change a file needs to follow `rule`, or undefined when it does already. */
export function changeOf(
  metric: string,
  path: string,
  layout: WhisperLayout,
  rule: MetricRule,
): FileChange | undefined {
  const isResized = formatRetentions(layout.archives) !== formatRetentions(rule.archives);
  const isSame =
    layout.aggregationMethod === rule.aggregationMethod &&
    // The file has single precision.
    layout.xFilesFactor === Math.fround(rule.xFilesFactor);
  return isResized || !isSame ? { metric, path, rule, layout, isResized } : undefined;
}

const reach = (archives: readonly ArchiveSpec[]): number =>
  Math.max(...archives.map(({ secondsPerPoint, points }) => secondsPerPoint * points));

const stepAt = (archives: readonly ArchiveSpec[], age: number): number =>
  archives.find(({ secondsPerPoint, points }) => secondsPerPoint * points > age)?.secondsPerPoint ??
  Number.POSITIVE_INFINITY;

/** What history a series loses that goes from the archives `before` to `after` (finest first). */
export function historyLoss(
  before: readonly ArchiveSpec[],
  after: readonly ArchiveSpec[],
): HistoryLoss {
  const kept = reach(after);
  const ages = [...before, ...after]
    .map(({ secondsPerPoint, points }) => secondsPerPoint * points)
    .filter((age) => age <= Math.min(kept, reach(before)));
  const borders = [...new Set([0, ...ages])].sort((a, b) => a - b);
  const coarser: HistoryLoss['coarser'] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    const from = borders[i]!;
    const to = borders[i + 1]!;
    const stepBefore = stepAt(before, from);
    const stepAfter = stepAt(after, from);
    if (stepAfter <= stepBefore) continue;
    const last = coarser.at(-1);
    if (last?.to === from && last.stepBefore === stepBefore && last.stepAfter === stepAfter) {
      last.to = to;
    } else coarser.push({ from, to, stepBefore, stepAfter });
  }
  return { ...(kept < reach(before) && { olderThan: kept }), coarser };
}

/** All whisper files under `directory`, relative to it, in the order of their names. */
export function* walkWhisper(directory: string, below = ''): Generator<string> {
  const entries = readdirSync(join(directory, below), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (path !== changeDirectory) yield* walkWhisper(directory, path);
    } else if (entry.isFile() && path.endsWith('.wsp')) yield path;
  }
}

/** One file as seen by a plan. */
export type PlannedFile =
  | { kind: 'change'; change: FileChange; bytesBefore: number; bytesAfter: number }
  | { kind: 'good'; metric: string; rule: MetricRule; bytes: number }
  /** A tagged series under its hash whose name is not known: its rule cannot be told. */
  | { kind: 'nameless'; path: string }
  | { kind: 'damaged'; path: string; reason: string };

function planFile(
  directory: string,
  path: string,
  metric: string | undefined,
  rules: StorageRules,
): PlannedFile {
  if (metric === undefined) return { kind: 'nameless', path };
  try {
    const handle = openWhisper(join(directory, path), { readOnly: true });
    closeWhisper(handle);
    const rule = rules.ruleFor(metric);
    const change = changeOf(metric, path, handle.layout, rule);
    const bytes = handle.layout.fileBytes;
    if (change === undefined) return { kind: 'good', metric, rule, bytes };
    return { kind: 'change', change, bytesBefore: bytes, bytesAfter: fileBytes(rule.archives) };
  } catch (error) {
    if (!(error instanceof OperatingError) && codeOf(error) === undefined) throw error;
    return { kind: 'damaged', path, reason: messageOf(error) };
  }
}

export interface PlanOptions {
  /** Leaves out all other metrics. */
  metricPrefix?: string;
  /** Names of series whose files do not tell them, by path. */
  namesByPath?: ReadonlyMap<string, string>;
}

/** Compares every file under `directory` with its rule. */
export function* planChanges(
  directory: string,
  rules: StorageRules,
  { metricPrefix = '', namesByPath }: PlanOptions = {},
): Generator<PlannedFile> {
  for (const path of walkWhisper(directory)) {
    const metric = pathToMetric(path) ?? namesByPath?.get(path);
    if (metricPrefix !== '' && metric?.startsWith(metricPrefix) !== true) continue;
    yield planFile(directory, path, metric, rules);
  }
}

/**
 * Whether a file follows `rule`. For who opens files anyway and wants to tell how many do not
 * (`dkmadmin schema plan` says which).
 */
export const followsRule = (layout: WhisperLayout, rule: MetricRule): boolean =>
  changeOf('', '', layout, rule) === undefined;

/** The change the file of `metric` needs; undefined when it needs none or there is no file. */
export function changeOfMetric(
  directory: string,
  rules: StorageRules,
  metric: string,
  hashTagged = true,
): FileChange | undefined {
  const path = metricToPath(metric, { hashTagged });
  try {
    const handle = openWhisper(join(directory, path), { readOnly: true });
    closeWhisper(handle);
    return changeOf(metric, path, handle.layout, rules.ruleFor(metric));
  } catch (error) {
    if (codeOf(error) === 'whisper-missing') return undefined;
    throw error;
  }
}
