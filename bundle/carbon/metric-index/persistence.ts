// An index that survives a restart: loaded from a snapshot and the log of changes after it, so a
// million series are there before the disk was walked; then compared with the disk in the
// background. File layout: names-file.ts.
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { codeOf, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { type DiskScanResult, scanDisk } from './disk-scan.ts';
import { createMetricIndex, type NameSource, type SearchableIndex } from './memory-index.ts';
import { BlockWriter, encodeHeader, readNamesBytes, readNamesFile } from './names-file.ts';
import { runInSlices, type Work } from './slices.ts';

const snapshotName = 'names.snapshot';
const logName = /^names-(\d+)\.log$/;
const namesPerYield = 256;
// So many are cheaper together than one by one, and quickly done.
const namesPerTakeOver = 4096;

export interface PersistentIndexOptions {
  whisperDirectory: string;
  /** Own directory of the index; created when missing. */
  indexDirectory: string;
  log: Logger;
  /** Whose names the index has besides those of its files. */
  source?: NameSource;
  /** As in metricToPath. */
  hashTagged?: boolean;
  /** Whether a series that has no file yet is in the cache. */
  isCached(metric: string): boolean;
  /** Seconds between snapshots while something changes. */
  snapshotSeconds?: number;
  /** Milliseconds until a new name is in the log. */
  logMilliseconds?: number;
  /** Seconds between comparisons with the disk; the first one follows the start at once. 0: none. */
  scanSeconds?: number;
}

export interface PersistentIndex {
  index: SearchableIndex;
  /** To be called when the source has got a new name: it will be in the files in time. */
  noteNewName(): void;
  /** Compares with the disk now; one at a time, a second call waits for the first. */
  rescan(): Promise<DiskScanResult>;
  /** Writes what is not written. */
  stop(): Promise<void>;
}

/** Loads the index and starts what keeps it right. A damaged snapshot is told and costs a walk. */
export async function openMetricIndex(options: PersistentIndexOptions): Promise<PersistentIndex> {
  const { log, indexDirectory } = options;
  const index = createMetricIndex(options.source);
  await mkdir(indexDirectory, { recursive: true });
  const begun = performance.now();
  let generation = (await load(index, options)) + 1;
  log.info('index loaded', {
    series: index.size,
    milliseconds: Math.round(performance.now() - begun),
  });
  // Logs that hold nothing new go with a snapshot, too: each start leaves one.
  const isScattered = (await logGenerations(indexDirectory)).length > 1;
  let logFile = await createLog(indexDirectory, generation);
  let changesWritten = index.size === 0 || isScattered ? -1 : index.changes;
  const pending = new BlockWriter();
  let full: Buffer[] = [];
  let writing: Promise<void> = Promise.resolve();
  let logTimer: NodeJS.Timeout | undefined;
  const abort = new AbortController();

  // Files are written one after the other, so that a log never loses its order.
  const afterWriting = (write: () => Promise<void>): Promise<void> => {
    writing = writing.then(write).catch((error: unknown) => {
      log.error(`the index cannot be written: ${messageOf(error)}`);
    });
    return writing;
  };
  const flushLog = async (): Promise<void> => {
    const blocks = full;
    if (!pending.isEmpty) blocks.push(pending.take());
    full = [];
    if (blocks.length > 0) await logFile.write(Buffer.concat(blocks));
  };
  const logSoon = (): void => {
    logTimer ??= setTimeout(() => {
      index.takeOver();
      logTimer = undefined;
      void afterWriting(flushLog);
    }, options.logMilliseconds ?? 500).unref();
  };
  index.onChange = (bytes, start, end, removed) => {
    const block = pending.addBytes(bytes, start, end, removed);
    if (block !== undefined) full.push(block);
    logSoon();
  };
  const snapshot = async (): Promise<void> => {
    if (index.changes === changesWritten) return;
    await flushLog();
    changesWritten = index.changes;
    generation++;
    const before = logFile;
    logFile = await createLog(indexDirectory, generation);
    await before.close();
    const content = await runInSlices(encodeSnapshot(index, generation));
    await writeFileAtomic(join(indexDirectory, snapshotName), content);
    await removeLogs(indexDirectory, (other) => other < generation);
  };
  const snapshotTimer = setInterval(
    () => void afterWriting(snapshot),
    (options.snapshotSeconds ?? 600) * 1000,
  ).unref();

  let scanning: Promise<DiskScanResult> | undefined;
  const rescan = (): Promise<DiskScanResult> => {
    scanning ??= scanDisk({
      index,
      whisperDirectory: options.whisperDirectory,
      hashTagged: options.hashTagged ?? true,
      isCached: options.isCached,
      signal: abort.signal,
    }).finally(() => {
      scanning = undefined;
    });
    return scanning;
  };
  const scanAndTell = async (): Promise<void> => {
    try {
      const { files, added, removed, unnamed } = await rescan();
      log.info('index compared with the disk', { files, added, removed, unnamed });
    } catch (error) {
      if (!abort.signal.aborted && codeOf(error) !== 'ENOENT')
        log.warn(`the index cannot be compared with the disk: ${messageOf(error)}`);
    }
  };
  const scanSeconds = options.scanSeconds ?? 3600;
  const scanTimer =
    scanSeconds > 0 ? setInterval(() => void scanAndTell(), scanSeconds * 1000).unref() : undefined;
  if (scanSeconds > 0) void scanAndTell();

  return {
    index,
    noteNewName() {
      if (index.waiting >= namesPerTakeOver) index.takeOver();
      logSoon();
    },
    rescan,
    async stop() {
      clearInterval(snapshotTimer);
      clearInterval(scanTimer);
      clearTimeout(logTimer);
      abort.abort();
      await scanning?.catch(() => undefined);
      index.takeOver();
      index.onChange = undefined;
      await afterWriting(snapshot);
      await afterWriting(async () => {
        await flushLog();
        await logFile.close();
      });
    },
  };
}

const logPath = (directory: string, generation: number): string =>
  join(directory, `names-${generation}.log`);

async function createLog(directory: string, generation: number): Promise<FileHandle> {
  const file = await open(logPath(directory, generation), 'w');
  await file.write(encodeHeader(generation));
  return file;
}

async function logGenerations(directory: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir(directory)) {
    const match = logName.exec(name);
    if (match !== null) found.push(Number(match[1]));
  }
  return found.sort((a, b) => a - b);
}

async function removeLogs(
  directory: string,
  wanted: (generation: number) => boolean,
): Promise<void> {
  for (const generation of await logGenerations(directory))
    if (wanted(generation)) await rm(logPath(directory, generation), { force: true });
}

/** Puts names into the index files of a carbon that does not run; it finds them when it starts. */
export async function addNamesToFiles(
  indexDirectory: string,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await mkdir(indexDirectory, { recursive: true });
  let highest = 0;
  try {
    const snapshot = await readFile(join(indexDirectory, snapshotName));
    highest = readNamesFile(snapshot, () => undefined).generation;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'bad-names-file') throw error;
  }
  for (const generation of await logGenerations(indexDirectory))
    highest = Math.max(highest, generation);
  const writer = new BlockWriter();
  const blocks = [encodeHeader(highest + 1)];
  for (const name of names) {
    const block = writer.add(name);
    if (block !== undefined) blocks.push(block);
  }
  if (!writer.isEmpty) blocks.push(writer.take());
  await writeFileAtomic(logPath(indexDirectory, highest + 1), Buffer.concat(blocks));
}

/** Fills `index`; answers the highest generation seen. */
async function load(index: SearchableIndex, options: PersistentIndexOptions): Promise<number> {
  const { indexDirectory, log } = options;
  const visit = (bytes: Buffer, length: number, removed: boolean): void => {
    try {
      if (removed) index.remove(bytes.toString('utf8', 0, length));
      else index.addBytes(bytes, 0, length);
    } catch (error) {
      // One name that is none must not cost the others.
      log.warn(`an index file has a bad name: ${messageOf(error)}`);
    }
  };
  const read = async (name: string): Promise<number> => {
    try {
      const file = await readFile(join(indexDirectory, name));
      const { generation, bytesGood } = readNamesBytes(file, visit);
      if (bytesGood < file.length)
        log.warn('the end of an index file is damaged and was left out', {
          file: name,
          bytes: file.length - bytesGood,
        });
      return generation;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return 0;
      log.warn(`an index file is left out: ${messageOf(error)}`, { file: name });
      return 0;
    }
  };
  let highest = await read(snapshotName);
  const from = highest;
  for (const generation of await logGenerations(indexDirectory)) {
    if (generation >= from) await read(`names-${generation}.log`);
    highest = Math.max(highest, generation);
  }
  return highest;
}

function* encodeSnapshot(index: SearchableIndex, generation: number): Work<Buffer> {
  const blocks = [encodeHeader(generation)];
  const writer = new BlockWriter();
  let names = 0;
  for (const name of index.names()) {
    const block = writer.add(name);
    if (block !== undefined) blocks.push(block);
    if (++names % namesPerYield === 0) yield;
  }
  if (!writer.isEmpty) blocks.push(writer.take());
  return Buffer.concat(blocks);
}
