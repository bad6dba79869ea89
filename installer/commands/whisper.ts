// `dkmadmin whisper …`: look into, make, change and mend single whisper files; what the programs of
// python's whisper do, printed as they print it, and verify and repair besides.
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';

import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import type { Command } from '../../bundle/supervisor/command-line.ts';
import {
  type AggregationMethod,
  adoptOwner,
  aggregationMethods,
  closeWhisper,
  convertInto,
  countMissing,
  createWhisper,
  fetchSeries,
  fileBytes,
  fillGaps,
  formatRetentions,
  mergeInto,
  openWhisper,
  parseAggregationMethod,
  parseRetentions,
  setAggregation,
  updateMany,
  type WhisperHandle,
} from '../../bundle/whisper/index.ts';
import { fixedSix, floatRepr, timePrinter } from './python-format.ts';
import { registerDiff } from './whisper-diff.ts';
import { repairCommand, verifyCommand } from './whisper-mend.ts';
import { printDump, printEstimate, printInfo } from './whisper-print.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
const unixNow = (): number => Math.floor(Date.now() / 1000);

function usage(message: string): never {
  throw new OperatingError('usage', message, { exitCode: exitCodes.usage });
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    usage(`${JSON.stringify(text)} is not a number`);
  return value;
}

function using<T>(path: string, readOnly: boolean, work: (handle: WhisperHandle) => T): T {
  const handle = openWhisper(path, { readOnly });
  try {
    return work(handle);
  } finally {
    closeWhisper(handle);
  }
}

interface FetchOptions {
  from?: number;
  until?: number;
  json?: boolean;
  pretty?: boolean;
  timeFormat?: string;
  drop?: string;
}

const drops: Record<string, (value: number) => boolean> = {
  nulls: (value) => Number.isNaN(value),
  zeroes: (value) => value === 0,
  empty: (value) => value === 0 || Number.isNaN(value),
};

function fetchCommand(path: string, options: FetchOptions): void {
  const now = unixNow();
  const from = options.from ?? now - 86400;
  const until = options.until ?? now;
  if (from > until) usage(`the interval ends (${until}) before it begins (${from})`);
  const isDropped =
    drops[options.drop ?? ''] ?? (options.drop === undefined ? () => false : undefined);
  if (isDropped === undefined) usage(`--drop takes one of ${Object.keys(drops).join(', ')}`);
  const series = fetchSeries(path, from, until, now);
  if (series === undefined) {
    throw new OperatingError('no-data', 'No data in selected timerange');
  }
  const { start, step, values } = series;
  if (options.json) {
    const shown = Array.from(values).filter((value) => !isDropped(value));
    const end = start + step * values.length;
    printJson({
      start,
      end,
      step,
      values: shown.map((value) => (Number.isNaN(value) ? null : value)),
    });
    return;
  }
  const timeOf = timePrinter(options);
  let text = '';
  for (const [i, value] of values.entries()) {
    if (isDropped(value)) continue;
    text += `${timeOf(start + i * step)}\t${Number.isNaN(value) ? 'None' : fixedSix(value)}\n`;
  }
  process.stdout.write(text);
}

interface CreateCommandOptions {
  xFilesFactor: number;
  aggregationMethod: AggregationMethod;
  overwrite?: boolean;
  estimate?: boolean;
  sparse?: boolean;
  json?: boolean;
}

function createCommand(path: string, retentions: string[], options: CreateCommandOptions): void {
  if (options.estimate) {
    printEstimate([path, ...retentions].flatMap(parseRetentions), options.json ?? false);
    return;
  }
  if (retentions.length === 0) usage('give at least one retention, such as 10s:6h');
  const archives = retentions.flatMap(parseRetentions);
  if (options.overwrite && existsSync(path)) {
    if (!options.json) print(`Overwriting existing file: ${path}`);
    rmSync(path);
  }
  const { aggregationMethod, xFilesFactor, sparse = false } = options;
  createWhisper(path, { archives, aggregationMethod, xFilesFactor, sparse });
  const { size } = statSync(path);
  if (options.json) printJson({ path, size });
  else print(`Created: ${path} (${size} bytes)`);
}

function updateCommand(path: string, points: string[], options: { json?: boolean }): void {
  const now = unixNow();
  const parsed = points.map((text): [number, number] => {
    const [time = '', value = '', ...rest] = text.split(':');
    if (rest.length > 0) usage(`${JSON.stringify(text)} is not of the form time:value`);
    return [time === 'N' ? now : Math.trunc(number(time)), number(value)];
  });
  const times = parsed.map(([time]) => time);
  if (parsed.length === 1 && times[0]! > now) {
    throw new OperatingError('not-covered', `the time ${times[0]} is in the future`);
  }
  const dropped = using(path, false, (handle) =>
    updateMany(
      handle,
      times,
      parsed.map(([, value]) => value),
      parsed.length,
      now,
    ),
  );
  if (options.json) printJson({ written: parsed.length - dropped, dropped });
  if (dropped === 0) return;
  const which = parsed.length === 1 ? 'The timestamp is' : `${dropped} timestamps are`;
  throw new OperatingError('not-covered', `${which} not covered by any archive of ${path}`);
}

interface ResizeOptions {
  xFilesFactor?: number;
  aggregationMethod?: AggregationMethod;
  newfile?: string;
  nobackup?: boolean;
  json?: boolean;
}

function resizeCommand(path: string, retentions: string[], options: ResizeOptions): void {
  const say = options.json ? () => {} : print;
  const now = unixNow();
  const archives = retentions.flatMap(parseRetentions);
  say('Retrieving all data from the archives');
  const fresh = options.newfile ?? `${path}.tmp`;
  if (options.newfile === undefined && existsSync(fresh)) {
    say(`Removing previous temporary database file: ${fresh}`);
    rmSync(fresh);
  }
  using(path, true, (source) => {
    const {
      xFilesFactor = source.layout.xFilesFactor,
      aggregationMethod = source.layout.aggregationMethod,
    } = options;
    say(`Creating new whisper database: ${fresh}`);
    createWhisper(fresh, { archives, xFilesFactor, aggregationMethod });
    say(`Created: ${fresh} (${fileBytes(archives)} bytes)`);
    say('Migrating data...');
    const missing = using(fresh, false, (target) => {
      convertInto(target, source, now);
      return countMissing(target, source, now);
    });
    if (missing > 0) {
      throw new OperatingError(
        'copy-differs',
        `${missing} points of ${path} are not in ${fresh}: it may have been written to; nothing was replaced`,
      );
    }
  });
  const backup = `${path}.bak`;
  if (options.newfile === undefined) {
    adoptOwner(fresh, path);
    say(`Renaming old database to: ${backup}`);
    renameSync(path, backup);
    try {
      say(`Renaming new database to: ${path}`);
      renameSync(fresh, path);
    } catch (error) {
      renameSync(backup, path);
      throw error;
    }
    if (options.nobackup) {
      say(`Unlinking backup: ${backup}`);
      rmSync(backup);
    }
  }
  if (options.json) {
    const file = options.newfile ?? path;
    const kept = options.newfile === undefined && !options.nobackup ? backup : null;
    printJson({
      path: file,
      size: statSync(file).size,
      retentions: formatRetentions(archives),
      backup: kept,
    });
  }
}

function setAggregationCommand(
  path: string,
  aggregationMethod: AggregationMethod,
  xFilesFactor: number | undefined,
  options: { json?: boolean },
): void {
  const before = using(path, true, ({ layout }) => layout);
  const factor = xFilesFactor ?? before.xFilesFactor;
  setAggregation(path, { aggregationMethod, xFilesFactor: factor });
  if (options.json) printJson({ path, aggregationMethod, xFilesFactor: factor });
  else {
    const change = `${before.aggregationMethod} -> ${aggregationMethod}`;
    print(`Updated aggregation method: ${path} (${change})`);
  }
}

function setXFilesFactorCommand(
  path: string,
  xFilesFactor: number,
  options: { json?: boolean },
): void {
  const before = using(path, true, ({ layout }) => layout.xFilesFactor);
  setAggregation(path, { xFilesFactor });
  if (options.json) printJson({ path, xFilesFactor });
  else print(`Updated xFilesFactor: ${path} (${floatRepr(before)} -> ${floatRepr(xFilesFactor)})`);
}

const methodHelp = `${aggregationMethods.join(', ')}, median, pNN`;

/** Adds `whisper` and its subcommands to `program`. */
export function register(program: Command): void {
  const whisper = program
    .command('whisper')
    .description('look into, make, change and mend single whisper files');
  const command = (name: string, description: string): Command =>
    whisper.command(name).description(description).option('--json', 'print JSON');

  command('info', 'print the header of a file, or one field of it')
    .argument('<path>')
    .argument('[field]')
    .action(printInfo);
  command('fetch', 'print the points of an interval')
    .argument('<path>')
    .option('--from <time>', 'unix time (default: 24 hours ago)', number)
    .option('--until <time>', 'unix time (default: now)', number)
    .option('--pretty', 'readable times')
    .option('-t, --time-format <format>', 'for --pretty, as strftime')
    .option('--drop <what>', 'leave out nulls, zeroes or empty (both)')
    .action(fetchCommand);
  command('dump', 'print header and every slot')
    .argument('<path>')
    .option('--pretty', 'readable times')
    .option('-t, --time-format <format>', 'for --pretty, as strftime')
    .action(printDump);
  command('create', 'make a file: dkmadmin whisper create cpu.wsp 10s:6h 1m:7d')
    .argument('<path>')
    .argument('[retention...]')
    .option('--xFilesFactor <share>', 'of points needed for a roll-up', number, 0.5)
    .option('--aggregationMethod <method>', methodHelp, parseAggregationMethod, 'average' as const)
    .option('--overwrite', 'replace an existing file')
    .option('--estimate', 'only say what it would take; give retentions only')
    .option('--sparse', 'leave holes instead of zeros')
    .action(createCommand);
  command('update', 'write points: time:value, N for now')
    .argument('<path>')
    .argument('<point...>')
    .action(updateCommand);
  command('resize', 'give a file other archives, keeping its history; the old one stays as .bak')
    .argument('<path>')
    .argument('<retention...>')
    .option('--xFilesFactor <share>', 'change it', number)
    .option('--aggregationMethod <method>', `change it: ${methodHelp}`, parseAggregationMethod)
    .option('--newfile <path>', 'write there and leave the old file alone')
    .option('--nobackup', 'delete the .bak file at the end')
    .option('--force', 'accepted as in the python tool; nothing asks')
    .option('--aggregate', 'accepted as in the python tool; always done')
    .action(resizeCommand);
  command('set-aggregation-method', 'change method and xFilesFactor in the header')
    .argument('<path>')
    .argument('<method>', methodHelp, parseAggregationMethod)
    .argument('[xFilesFactor]', 'share of points needed for a roll-up', number)
    .alias('set-aggregation')
    .action(setAggregationCommand);
  command('set-xfilesfactor', 'change xFilesFactor in the header')
    .argument('<path>')
    .argument('<xFilesFactor>', 'share of points needed for a roll-up', number)
    .action(setXFilesFactorCommand);
  registerDiff(command, number);
  command('merge', 'write the points of one file over those of another with the same archives')
    .argument('<from>')
    .argument('<to>')
    .option('--from <time>', 'unix time (default: the epoch)', number)
    .option('--until <time>', 'unix time (default: now)', number)
    .action(
      (from: string, to: string, options: { from?: number; until?: number; json?: boolean }) => {
        const now = unixNow();
        using(from, true, (source) =>
          using(to, false, (target) =>
            mergeInto(target, source, options.from ?? 0, options.until ?? now, now),
          ),
        );
        if (options.json) printJson({ from, to });
      },
    );
  command('fill', 'write the points of one file into the gaps of another')
    .argument('<from>')
    .argument('<to>')
    .action((from: string, to: string, options: { json?: boolean }) => {
      const written = using(from, true, (source) =>
        using(to, false, (target) => fillGaps(target, source, unixNow())),
      );
      if (options.json) printJson({ written });
    });
  command('verify', 'check files, or all files of a directory, slot by slot')
    .argument('<path...>')
    .option('--verbose', 'name good files too')
    .action(verifyCommand);
  command('repair', 'make sound files of what is readable in damaged ones, which are put aside')
    .argument('<path...>')
    .option('--retentions <list>', 'for a lost header: what the file was created with')
    .option('--aggregationMethod <method>', methodHelp, parseAggregationMethod, 'average' as const)
    .option('--xFilesFactor <share>', 'for a lost header', number, 0.5)
    .action(repairCommand);
}
