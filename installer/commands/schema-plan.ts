// The summary of `dkmadmin schema plan`: files grouped by rule and by what would become of them.
import type { FileChange, HistoryLoss, PlannedFile } from '../../bundle/carbon/rules/index.ts';
import { type ArchiveSpec, formatRetentions } from '../../bundle/whisper/index.ts';

interface RuleRow {
  rule: string;
  retentions: string;
  files: number;
  good: number;
}

interface ChangeRow {
  rule: string;
  from: string;
  to: string;
  files: number;
  bytesBefore: number;
  bytesAfter: number;
  /** Undefined where only the header changes. */
  history?: HistoryLoss;
  examples: string[];
}

export interface PlanSummary {
  rules: RuleRow[];
  changes: ChangeRow[];
  /** Files of tagged series under a hash carbon's index does not know: their rule cannot be told. */
  nameless: number;
  damaged: { path: string; reason: string }[];
  bytesBefore: number;
  bytesAfter: number;
}

const examplesMax = 3;

const settings = (
  archives: readonly ArchiveSpec[],
  aggregationMethod: string,
  xFilesFactor: number,
): string =>
  `${formatRetentions(archives)} ${aggregationMethod} ${Number(xFilesFactor.toPrecision(6))}`;

/** Collects the files of a plan. */
export class Plan {
  readonly changes: FileChange[] = [];
  readonly #rules = new Map<string, RuleRow>();
  readonly #rows = new Map<string, ChangeRow & { example: FileChange }>();
  readonly #damaged: { path: string; reason: string }[] = [];
  #nameless = 0;
  #bytesBefore = 0;
  #bytesAfter = 0;

  add(file: PlannedFile): void {
    if (file.kind === 'nameless') this.#nameless += 1;
    else if (file.kind === 'damaged') this.#damaged.push({ path: file.path, reason: file.reason });
    else if (file.kind === 'good') {
      const row = this.#rule(file.rule.schema.name, file.rule.archives);
      row.files += 1;
      row.good += 1;
      this.#bytesBefore += file.bytes;
      this.#bytesAfter += file.bytes;
    } else this.#addChange(file);
  }

  #rule(rule: string, archives: readonly ArchiveSpec[]): RuleRow {
    let row = this.#rules.get(rule);
    if (row === undefined) {
      row = { rule, retentions: formatRetentions(archives), files: 0, good: 0 };
      this.#rules.set(rule, row);
    }
    return row;
  }

  #addChange(file: Extract<PlannedFile, { kind: 'change' }>): void {
    const { change, bytesBefore, bytesAfter } = file;
    const { layout, rule } = change;
    this.changes.push(change);
    this.#rule(rule.schema.name, rule.archives).files += 1;
    const from = settings(layout.archives, layout.aggregationMethod, layout.xFilesFactor);
    const to = settings(rule.archives, rule.aggregationMethod, rule.xFilesFactor);
    const key = `${rule.schema.name}\n${from}\n${to}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      const empty = { files: 0, bytesBefore: 0, bytesAfter: 0, examples: [] };
      row = { rule: rule.schema.name, from, to, ...empty, example: change };
      this.#rows.set(key, row);
    }
    row.files += 1;
    row.bytesBefore += bytesBefore;
    row.bytesAfter += bytesAfter;
    if (row.examples.length < examplesMax) row.examples.push(change.metric);
    this.#bytesBefore += bytesBefore;
    this.#bytesAfter += bytesAfter;
  }

  summary(
    loss: (before: readonly ArchiveSpec[], after: readonly ArchiveSpec[]) => HistoryLoss,
  ): PlanSummary {
    return {
      rules: [...this.#rules.values()],
      changes: [...this.#rows.values()].map(({ example, ...row }) => ({
        ...row,
        ...(example.isResized && {
          history: loss(example.layout.archives, example.rule.archives),
        }),
      })),
      nameless: this.#nameless,
      damaged: this.#damaged,
      bytesBefore: this.#bytesBefore,
      bytesAfter: this.#bytesAfter,
    };
  }
}

function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 1000) return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

function formatDuration(seconds: number): string {
  for (const [unit, length] of [
    ['y', 365 * 86400],
    ['d', 86400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds >= length) return `${Number((seconds / length).toFixed(1))}${unit}`;
  }
  return `${seconds}s`;
}

function historyLines(history: HistoryLoss | undefined): string[] {
  if (history === undefined) return ['history kept; only the header changes'];
  const lines: string[] = [];
  if (history.olderThan !== undefined) {
    lines.push(`LOST: history older than ${formatDuration(history.olderThan)}`);
  }
  for (const { from, to, stepBefore, stepAfter } of history.coarser) {
    const ages = `${formatDuration(from)} to ${formatDuration(to)}`;
    lines.push(
      `LOST: precision of history aged ${ages}, from ${formatDuration(stepBefore)} to ${formatDuration(stepAfter)}`,
    );
  }
  return lines.length > 0 ? lines : ['all history kept'];
}

/** The plan for people, line by line. */
export function formatPlan(
  plan: PlanSummary,
  seconds: number,
  warnings: readonly string[],
): string[] {
  const lines: string[] = [];
  for (const { rule, retentions, files, good } of plan.rules) {
    lines.push(`[${rule}] ${retentions}: ${files} files, ${files - good} to change`);
  }
  for (const row of plan.changes) {
    const bytes = `${formatBytes(row.bytesBefore)} -> ${formatBytes(row.bytesAfter)}`;
    lines.push('', `[${row.rule}] ${row.files} files, ${bytes}`);
    lines.push(`  ${row.from}`, `  -> ${row.to}`);
    for (const line of historyLines(row.history)) lines.push(`  ${line}`);
    const more = row.files > row.examples.length ? ', …' : '';
    lines.push(`  such as ${row.examples.join(', ')}${more}`);
  }
  lines.push('');
  if (plan.nameless > 0) {
    lines.push(
      `${plan.nameless} tagged series are left alone: their files do not tell their names, nor does the index`,
    );
  }
  for (const { path, reason } of plan.damaged) lines.push(`damaged: ${path}: ${reason}`);
  for (const warning of warnings) lines.push(`warning: ${warning}`);
  const files = plan.changes.reduce((sum, row) => sum + row.files, 0);
  lines.push(
    files === 0
      ? 'nothing to change'
      : `${files} files to change, ${formatBytes(plan.bytesBefore)} -> ${formatBytes(plan.bytesAfter)} in all, about ${formatDuration(seconds)}: dkmadmin schema apply`,
  );
  return lines;
}
