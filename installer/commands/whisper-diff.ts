// `dkmadmin whisper diff`: two files compared, printed as python's whisper-diff prints it.
import type { Command } from '../../bundle/supervisor/command-line.ts';
import {
  type ArchiveDifference,
  closeWhisper,
  diffFiles,
  openWhisper,
} from '../../bundle/whisper/index.ts';
import { floatRepr } from './python-format.ts';

interface DiffCommandOptions {
  summary?: boolean;
  ignoreEmpty?: boolean;
  columns?: boolean;
  headers: boolean;
  until?: number;
  json?: boolean;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const valueText = (value: number): string => (Number.isNaN(value) ? 'None' : floatRepr(value));
const valueJson = (value: number): number | null => (Number.isNaN(value) ? null : value);

function printSummary(archives: readonly ArchiveDifference[], options: DiffCommandOptions): void {
  const line = (...cells: (string | number)[]): void =>
    print(
      options.columns
        ? cells.join(' ')
        : cells.map((cell, i) => String(cell).padStart(i === 0 ? 7 : 9)).join(' '),
    );
  if (options.headers) line('archive', 'total', 'differing');
  for (const { archive, total, points } of archives) line(archive, total, points.length);
}

function printPoints(archives: readonly ArchiveDifference[], options: DiffCommandOptions): void {
  const widths = [7, 11, 13, 13];
  const line = (...cells: (string | number)[]): void =>
    print(
      options.columns
        ? cells.join(' ')
        : cells.map((cell, i) => String(cell).padStart(widths[i]!)).join(' '),
    );
  if (options.headers) line('archive', 'timestamp', 'value_a', 'value_b');
  for (const { archive, total, points } of archives) {
    if (!options.columns) {
      print(`Archive ${archive} (${points.length} of ${total} datapoints differ)`);
      line('', 'timestamp', 'value_a', 'value_b');
    }
    for (const { time, a, b } of points)
      line(options.columns ? archive : '', time, valueText(a), valueText(b));
  }
}

function printDiffJson(
  paths: { path_a: string; path_b: string },
  archives: readonly ArchiveDifference[],
  { summary }: DiffCommandOptions,
): void {
  const rows = archives.map(({ archive, total, points }) => ({
    archive,
    total,
    points: points.length,
    ...(!summary && {
      datapoint: points.map(({ time, a, b }) => ({
        timestamp: time,
        value_a: valueJson(a),
        value_b: valueJson(b),
      })),
    }),
  }));
  print(JSON.stringify({ archives: rows, ...paths }, null, 2));
}

function diffCommand(pathA: string, pathB: string, options: DiffCommandOptions): void {
  const a = openWhisper(pathA, { readOnly: true });
  try {
    const b = openWhisper(pathB, { readOnly: true });
    try {
      const archives = diffFiles(a, b, Math.floor(Date.now() / 1000), options);
      if (options.json) printDiffJson({ path_a: pathA, path_b: pathB }, archives, options);
      else if (options.summary) printSummary(archives, options);
      else printPoints(archives, options);
    } finally {
      closeWhisper(b);
    }
  } finally {
    closeWhisper(a);
  }
}

/** Adds `diff` to the whisper commands. */
export function registerDiff(
  command: (name: string, description: string) => Command,
  number: (text: string) => number,
): void {
  command('diff', 'print what two files with the same archives say differently')
    .argument('<path_a>')
    .argument('<path_b>')
    .option('--summary', 'only how many points of each archive')
    .option('--ignore-empty', 'only where both have a point')
    .option('--columns', 'plain columns')
    .option('--no-headers', 'without the names of the columns')
    .option('--until <time>', 'unix time (default: now)', number)
    .action(diffCommand);
}
