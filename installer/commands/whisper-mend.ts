// `dkmadmin whisper verify` and `repair`, on files and whole directories.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import {
  type AggregationMethod,
  parseRetentions,
  repairWhisper,
  verifyWhisper,
} from '../../bundle/whisper/index.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
const unixNow = (): number => Math.floor(Date.now() / 1000);

/** Whisper files among `paths`; directories are searched. */
function* whisperFiles(paths: readonly string[]): Generator<string> {
  for (const path of paths) {
    if (!statSync(path).isDirectory()) {
      yield path;
      continue;
    }
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.wsp')) yield join(entry.parentPath, entry.name);
    }
  }
}

/** Checks the files and prints what is wrong with them; exit code 1 when something is. */
export function verifyCommand(
  paths: string[],
  options: { json?: boolean; verbose?: boolean },
): void {
  const now = unixNow();
  const damaged: { path: string; problems: string[] }[] = [];
  let files = 0;
  for (const path of whisperFiles(paths)) {
    files += 1;
    const report = verifyWhisper(path, now);
    if (report.problems.length > 0) damaged.push(report);
    if (options.json) continue;
    for (const problem of report.problems) print(`Corrupt Whisper file: ${path}: ${problem}`);
    if (options.verbose && report.problems.length === 0) print(`${path}: good`);
  }
  if (options.json) printJson({ files, damaged });
  else print(`${files} files checked, ${damaged.length} damaged`);
  if (damaged.length > 0) process.exitCode = exitCodes.failure;
}

/** Copies that a killed program left under a temporary name, an hour ago or more. */
function* leftovers(paths: readonly string[]): Generator<string> {
  for (const path of paths) {
    if (!statSync(path).isDirectory()) continue;
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/^\.(\d+\.\d+|repair-\d+-\w+)\.tmp$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      if (Date.now() - statSync(file).mtimeMs > 3_600_000) yield file;
    }
  }
}

interface RepairCommandOptions {
  retentions?: string;
  aggregationMethod: AggregationMethod;
  xFilesFactor: number;
  json?: boolean;
}

/** Mends damaged files, puts them aside, and removes what killed programs left behind. */
export function repairCommand(paths: string[], options: RepairCommandOptions): void {
  const now = unixNow();
  const { aggregationMethod, xFilesFactor } = options;
  const archives =
    options.retentions === undefined ? undefined : parseRetentions(options.retentions);
  const repaired: { path: string; damaged: string }[] = [];
  const lost: { path: string; reason: string }[] = [];
  for (const path of whisperFiles(paths)) {
    const { problems } = verifyWhisper(path, now);
    if (problems.length === 0) continue;
    try {
      const damaged = repairWhisper(path, now, { archives, aggregationMethod, xFilesFactor });
      repaired.push({ path, damaged });
      if (!options.json) print(`Repaired: ${path} (the damaged file is ${damaged})`);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      lost.push({ path, reason: error.message });
      if (!options.json) {
        print(`Cannot repair: ${error.message} (--retentions replaces a lost header)`);
      }
    }
  }
  const removed = [...leftovers(paths)];
  for (const file of removed) rmSync(file);
  if (options.json) printJson({ repaired, lost, removed });
  else {
    for (const file of removed) print(`Removed a half-made file: ${file}`);
    print(`${repaired.length} files repaired, ${lost.length} cannot be`);
  }
  if (lost.length > 0) process.exitCode = exitCodes.failure;
}
