// `dkmadmin metric …`: removes, renames and expires series, and brings them back. Works beside a
// running carbon, which is told, and without one.
import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalName } from '../../bundle/carbon/metric-index/index.ts';
import {
  openStoreAccess,
  type StoreAccess,
  trashDirectoryOf,
} from '../../bundle/carbon/metric-index/store-access.ts';
import { exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import type { Command } from '../../bundle/supervisor/command-line.ts';
import { fetchSeries, metricToPath } from '../../bundle/whisper/index.ts';
import { changeNewSeriesRules, patternOfGlob, registerAdmission } from './metric-admission.ts';
import { renamer } from './metric-rename.ts';
import {
  batchBytes,
  dropBatch,
  listBatches,
  type Move,
  moveFile,
  newBatchId,
  recordBatch,
  removeEmptyParents,
  trashedFile,
  undoMove,
} from './metric-trash.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const warn = (text: string): void => void process.stderr.write(`${text}\n`);
/** Series moved between two messages to carbon. */
const chunkSize = 1000;
/** Carbon looks every second whether the rules for new series have changed. */
const rulesReadMilliseconds = 1500;

interface Options {
  home?: string;
  dryRun?: boolean;
  yes?: boolean;
  olderThan?: number;
  empty?: boolean;
  deny?: boolean;
}

const usage = (message: string): OperatingError =>
  new OperatingError('usage', message, { exitCode: exitCodes.usage });

const plural = (count: number): string => `${count} series`;

function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** 90d, 12h, 2w, 1y: seconds. */
function duration(text: string): number {
  const match = /^(\d+)(s|min|m|h|d|w|y)$/.exec(text);
  const seconds = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };
  if (match === null) throw usage(`${JSON.stringify(text)} is not a duration such as 90d`);
  return Number(match[1]) * seconds[match[2] as keyof typeof seconds];
}

async function confirm(question: string, { yes }: Options): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw usage(`${question} Say --yes when no one is there to ask, or --dry-run to look first.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(?:es)?$/i.test(answer.trim()))
    throw new OperatingError('declined', 'nothing was changed');
}

/** Series that match a glob, a tagged name or seriesByTag('…'); an error when there are none. */
async function seriesOf(store: StoreAccess, pattern: string): Promise<string[]> {
  const call = /^seriesByTag\((.*)\)$/s.exec(pattern);
  if (call !== null) {
    const expressions = [...call[1]!.matchAll(/'([^']*)'|"([^"]*)"/g)];
    const found = await store.findTagged(expressions.map((match) => match[1] ?? match[2] ?? ''));
    return found.length > 0 ? found : noMatch(pattern);
  }
  const nodes = await store.find(pattern);
  const series = nodes.filter(({ isLeaf }) => isLeaf).map(({ path }) => path);
  if (series.length > 0) return series.sort();
  if (nodes.length > 0)
    throw usage(
      `${pattern} is a branch: write ${JSON.stringify(`${pattern}.**`)} for all below it`,
    );
  return noMatch(pattern);
}

function noMatch(pattern: string): never {
  throw new OperatingError('no-match', `no series matches ${JSON.stringify(pattern)}`);
}

async function allSeriesOf(store: StoreAccess, patterns: readonly string[]): Promise<string[]> {
  const all = new Set<string>();
  for (const pattern of patterns)
    for (const metric of await seriesOf(store, pattern)) all.add(metric);
  return [...all];
}

const fileOf = ({ files }: StoreAccess, metric: string): string =>
  join(files.directory, metricToPath(metric, { hashTagged: files.hashTagged }));

function bytesOf(files: readonly string[]): number {
  let bytes = 0;
  for (const file of files) if (existsSync(file)) bytes += statSync(file).blocks * 512;
  return bytes;
}

function show(moves: readonly Move[], store: StoreAccess): void {
  for (const { metric, becomes } of moves)
    print(becomes === undefined ? metric : `${metric} -> ${becomes}`);
  const bytes = size(bytesOf(moves.map(({ from }) => from)));
  print(`${plural(moves.length)}, ${bytes}${store.isRunning ? '' : ', carbon is not running'}`);
}

/** Does what was planned: files move, carbon is told, and the manifest allows to go back. */
async function carryOut(
  store: StoreAccess,
  kind: string,
  id: string,
  moves: Move[],
): Promise<void> {
  const trash = trashDirectoryOf(store.files);
  recordBatch(trash, { id, kind, at: new Date().toISOString(), moves });
  let done = 0;
  let late = 0;
  for (let at = 0; at < moves.length; at += chunkSize) {
    const chunk = moves.slice(at, at + chunkSize);
    late += (await store.settle(chunk.map(({ metric }) => metric))).length;
    for (const { from, to } of chunk) {
      // A series that is only in the cache has no file.
      if (!existsSync(from)) continue;
      moveFile(from, to);
      removeEmptyParents(from, store.files.directory);
      done++;
    }
    await store.forget(chunk.map(({ metric }) => metric));
    await store.learn(chunk.flatMap(({ becomes }) => (becomes === undefined ? [] : [becomes])));
  }
  const where = moves[0]?.becomes === undefined ? 'moved to the trash' : 'renamed';
  print(`${plural(done)} ${where}; back again with: dkmadmin metric undo ${id}`);
  if (late > 0)
    warn(`${plural(late)} had points that were not on disk yet: they will begin anew with these`);
}

async function toTrash(
  store: StoreAccess,
  kind: string,
  metrics: readonly string[],
  options: Options,
  denied: readonly string[] = [],
): Promise<void> {
  const trash = trashDirectoryOf(store.files);
  const id = newBatchId(trash, kind, new Date());
  const moves = metrics.map((metric): Move => {
    const from = fileOf(store, metric);
    return { metric, from, to: trashedFile(trash, id, relative(store.files.directory, from)) };
  });
  if (options.dryRun) return show(moves, store);
  if (moves.length === 0) return print('nothing to do');
  await confirm(`Move ${plural(moves.length)} to the trash?`, options);
  if (denied.length > 0) {
    changeNewSeriesRules(store.files, denied, 'deny');
    if (store.isRunning) await sleep(rulesReadMilliseconds);
  }
  await carryOut(store, kind, id, moves);
}

async function rename(
  store: StoreAccess,
  from: string,
  to: string,
  options: Options,
): Promise<void> {
  const moves = new Map<string, Move>();
  const add = async (metric: string, becomes: string): Promise<void> => {
    const target = fileOf(store, becomes);
    if (existsSync(target) || (await store.find(becomes)).some(({ isLeaf }) => isLeaf))
      throw new OperatingError('exists', `${becomes} is there already`);
    if ([...moves.values()].some((move) => move.becomes === becomes))
      throw new OperatingError('exists', `two series would become ${becomes}`);
    moves.set(metric, { metric, from: fileOf(store, metric), to: target, becomes });
  };
  if (from.includes(';') || to.includes(';')) {
    const [metric] = await seriesOf(store, from);
    await add(metric!, canonicalName(to));
  } else {
    const nodes = await store.find(from);
    if (nodes.length === 0) noMatch(from);
    const newName = renamer(from, to);
    for (const { path, isLeaf } of nodes) {
      if (isLeaf) await add(path, newName(path));
      else
        for (const metric of await seriesOf(store, `${path}.**`))
          await add(metric, newName(metric));
    }
  }
  const list = [...moves.values()];
  if (options.dryRun) return show(list, store);
  await confirm(`Rename ${plural(list.length)}?`, options);
  const id = newBatchId(trashDirectoryOf(store.files), 'mv', new Date());
  await carryOut(store, 'mv', id, list);
}

/** Whether the file has a point of the last `seconds`. */
function hasPointsSince(file: string, seconds: number, nowSeconds: number): boolean {
  if (!existsSync(file)) return true; // only in the cache: it is new
  if (statSync(file).mtimeMs / 1000 < nowSeconds - seconds) return false;
  try {
    const series = fetchSeries(file, nowSeconds - seconds, nowSeconds, nowSeconds);
    return series === undefined || series.values.some((value) => !Number.isNaN(value));
  } catch (error) {
    warn(`left alone: ${messageOf(error)}`);
    return true;
  }
}

async function expire(
  store: StoreAccess,
  patterns: readonly string[],
  options: Options,
): Promise<void> {
  const { olderThan } = options;
  if (olderThan === undefined) throw usage('say --older-than, such as --older-than 90d');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const metrics = await allSeriesOf(store, patterns.length > 0 ? patterns : ['**']);
  const isOld = (metric: string): boolean =>
    !hasPointsSince(fileOf(store, metric), olderThan, nowSeconds);
  // Points that carbon still holds count: looked at again once they are in the files.
  const candidates = metrics.filter(isOld);
  const unwritten = new Set(await store.settle(candidates));
  const old = candidates.filter((metric) => !unwritten.has(metric) && isOld(metric));
  await toTrash(store, 'expire', old, options);
}

async function undo(store: StoreAccess, id: string | undefined, options: Options): Promise<void> {
  const trash = trashDirectoryOf(store.files);
  const batches = listBatches(trash);
  const batch = id === undefined ? batches.at(-1) : batches.find((one) => one.id === id);
  if (batch === undefined)
    throw new OperatingError(
      'no-batch',
      id === undefined ? 'the trash is empty' : `nothing in the trash is called ${id}`,
    );
  if (options.dryRun) {
    for (const { metric } of batch.moves) print(metric);
    return print(`${plural(batch.moves.length)} of ${batch.id}`);
  }
  await confirm(`Bring ${plural(batch.moves.length)} of ${batch.id} back?`, options);
  const counts = { restored: 0, merged: 0, missing: 0 };
  const failed: string[] = [];
  const nowSeconds = Math.floor(Date.now() / 1000);
  for (let at = 0; at < batch.moves.length; at += chunkSize) {
    const chunk = batch.moves.slice(at, at + chunkSize);
    for (const move of chunk) {
      try {
        counts[undoMove(move, nowSeconds)]++;
        removeEmptyParents(move.to, move.becomes === undefined ? trash : store.files.directory);
      } catch (error) {
        failed.push(`${move.metric}: ${messageOf(error)}`);
      }
    }
    await store.forget(chunk.flatMap(({ becomes }) => (becomes === undefined ? [] : [becomes])));
    await store.learn(chunk.filter(({ from }) => existsSync(from)).map(({ metric }) => metric));
  }
  print(`${plural(counts.restored)} back, ${counts.merged} merged into new files of their names`);
  if (counts.missing > 0) warn(`${plural(counts.missing)} were not in the trash any more`);
  for (const line of failed) warn(`not brought back: ${line}`);
  if (failed.length > 0) process.exitCode = exitCodes.failure;
  else dropBatch(trash, batch.id);
}

async function showTrash(store: StoreAccess, options: Options): Promise<void> {
  const trash = trashDirectoryOf(store.files);
  const limit = Date.now() - (options.olderThan ?? 0) * 1000;
  const batches = listBatches(trash).filter(({ at }) => Date.parse(at) <= limit);
  for (const batch of batches)
    print(`${batch.id}  ${plural(batch.moves.length)}  ${size(batchBytes(trash, batch))}`);
  if (batches.length === 0) print('the trash is empty');
  if (!options.empty || options.dryRun || batches.length === 0) return;
  await confirm(`Delete these ${batches.length} for good?`, options);
  for (const { id } of batches) dropBatch(trash, id);
  print('deleted');
}

/**
 * Adds `metric` and its subcommands to `program`. Without --home they work on `context.home()`, or
 * the directory of DKUMONITOR_HOME, or the current one.
 */
export function register(program: Command, context?: { home(): string }): void {
  const metric = program
    .command('metric')
    .description('remove, rename, expire series, and undo it');
  const homeOf = ({ home }: { home?: string }): string =>
    resolve(home ?? process.env['DKUMONITOR_HOME'] ?? context?.home() ?? '.');
  const open = (options: Options): Promise<StoreAccess> => openStoreAccess(homeOf(options));
  const command = (name: string, description: string): Command =>
    metric
      .command(name)
      .description(description)
      .option('--home <directory>', 'the instance directory')
      .option('--dry-run', 'say what would be done')
      .option('--yes', 'do not ask');

  command('rm', 'move series to the trash: globs, ** for all below, or "seriesByTag(\'a=b\')"')
    .argument('<glob...>')
    .option('--deny', 'and let no series of these names begin again: metric deny')
    .action(async (globs: string[], options: Options) => {
      const store = await open(options);
      const metrics = await allSeriesOf(store, globs);
      const patterns = options.deny ? globs.map(patternOfGlob) : [];
      await toTrash(store, 'rm', metrics, options, patterns);
    });
  command('mv', 'rename series, or a branch with all below it; * stands for the same in both')
    .argument('<from>')
    .argument('<to>')
    .action(async (from: string, to: string, options: Options) =>
      rename(await open(options), from, to, options),
    );
  command('expire', 'move series without new points to the trash')
    .argument('[glob...]')
    .option('--older-than <duration>', 'since when, such as 90d', duration)
    .action(async (globs: string[], options: Options) =>
      expire(await open(options), globs, options),
    );
  command('undo', 'bring back what rm, mv or expire did; the last one unless named')
    .argument('[batch]')
    .action(async (id: string | undefined, options: Options) =>
      undo(await open(options), id, options),
    );
  command('trash', 'show what can be undone')
    .option('--empty', 'delete it for good')
    .option('--older-than <duration>', 'only what is older, such as 30d', duration)
    .action(async (options: Options) => showTrash(await open(options), options));
  registerAdmission(metric, homeOf);
}
