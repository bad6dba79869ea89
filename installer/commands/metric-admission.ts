// `dkmadmin metric refused|accept|deny`: the new series that carbon refused because their prefix had
// begun too many, and the rules that say which names may become series.
import { chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  parseNewSeriesRules,
  type RefusedSeries,
  readRefused,
  type Verdict,
  withRule,
} from '../../bundle/carbon/rules/index.ts';
import { type StoreFiles, storeFiles } from '../../bundle/carbon/rules/store-files.ts';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import type { Command } from '../../bundle/supervisor/command-line.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const examplesMax = 3;

interface Options {
  home?: string;
  json?: boolean;
  all?: boolean;
  remove?: boolean;
}

interface PrefixRow {
  prefix: string;
  series: number;
  points: number;
  last: number;
  examples: string[];
}

function byPrefix(series: readonly RefusedSeries[]): PrefixRow[] {
  const rows = new Map<string, PrefixRow>();
  for (const { name, points, last } of series) {
    const prefix = /^[^.;]*/.exec(name)![0];
    let row = rows.get(prefix);
    if (row === undefined) {
      row = { prefix, series: 0, points: 0, last: 0, examples: [] };
      rows.set(prefix, row);
    }
    row.series += 1;
    row.points += points;
    row.last = Math.max(row.last, last);
    if (row.examples.length < examplesMax) row.examples.push(name);
  }
  return [...rows.values()].sort((a, b) => b.series - a.series);
}

function rulesText({ newSeriesRules }: StoreFiles): string {
  return existsSync(newSeriesRules) ? readFileSync(newSeriesRules, 'utf8') : '';
}

const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString();

function showRefused(files: StoreFiles, options: Options): void {
  const { series, unlisted } = readRefused(files.refusedSeries);
  if (options.json) {
    print(JSON.stringify({ series, unlisted }, null, 2));
    return;
  }
  if (options.all) for (const { name, points } of series) print(`${name}\t${points}`);
  else
    for (const { prefix, series: count, points, last, examples } of byPrefix(series)) {
      print(`${prefix}  ${count} series, ${points} points lost, the last at ${timeText(last)}`);
      print(`  such as ${examples.join(', ')}${count > examples.length ? ', …' : ''}`);
    }
  if (unlisted > 0) print(`and ${unlisted} refusals of names that the list had no room for`);
  print(
    series.length === 0
      ? 'no new series is refused'
      : 'allow them: dkmadmin metric accept PREFIX; refuse them for good: dkmadmin metric deny PREFIX',
  );
}

/**
 * Puts rules for `patterns` first into conf/new-series.conf, or takes them out. Carbon reads it by
 * itself within a second. Throws for what is no pattern, or when the file is not readable as rules.
 */
export function changeNewSeriesRules(
  files: StoreFiles,
  patterns: readonly string[],
  verdict: Verdict | undefined,
): void {
  const { newSeriesRules: file } = files;
  const before = rulesText(files);
  parseNewSeriesRules(before, file);
  const text = patterns.reduce((result, pattern) => withRule(result, pattern, verdict), before);
  parseNewSeriesRules(text, file);
  const isNew = !existsSync(file);
  const { uid, gid, mode } = statSync(isNew ? dirname(file) : file);
  writeFileAtomicSync(file, text, mode & 0o666);
  const made = statSync(file);
  if (made.uid !== uid || made.gid !== gid) chownSync(file, uid, gid);
}

/** The rule pattern for a glob of `metric rm`; an error for what rules cannot express. */
export function patternOfGlob(glob: string): string {
  const pattern = glob.replace(/\.\*\*$/, '');
  if (/[{}[\]\\(]|\*\*/.test(pattern))
    throw new OperatingError(
      'usage',
      `${JSON.stringify(glob)} cannot be a rule of new-series.conf: only * and ? can stand in it`,
      { exitCode: exitCodes.usage },
    );
  return pattern;
}

/** Adds the subcommands to `metric`; `home` finds the instance directory. */
export function registerAdmission(metric: Command, home: (options: Options) => string): void {
  const command = (name: string, description: string): Command =>
    metric
      .command(name)
      .description(description)
      .option('--home <directory>', 'the instance directory');
  command('refused', 'new series refused because their prefix has begun too many')
    .option('--all', 'every name, with the points it lost')
    .option('--json', 'print JSON')
    .action((options: Options) => showRefused(storeFiles(home(options)), options));
  const verdictCommand = (verdict: Verdict, description: string, done: string): void => {
    command(verdict, description)
      .argument('<pattern...>', 'a name or its beginning; * and ? within a node')
      .option('--remove', 'take the rule out again')
      .action((patterns: string[], options: Options) => {
        changeNewSeriesRules(
          storeFiles(home(options)),
          patterns,
          options.remove ? undefined : verdict,
        );
        for (const pattern of patterns)
          print(options.remove ? `no rule for ${pattern} any more` : `${pattern}: ${done}`);
      });
  };
  verdictCommand(
    'accept',
    'let these names become series, whatever the budget of their prefix',
    'new series begin with their next point',
  );
  verdictCommand(
    'deny',
    'let no new series of these names begin; existing ones go on',
    'no new series begins; existing ones go on until dkmadmin metric rm',
  );
}
