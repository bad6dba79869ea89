// What has to be read, made or brought back before carbon can take its first point.
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, exitCodes, messageOf, OperatingError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { type ProcessLock, takeLock } from '../core/process-lock.ts';
import type { Cache } from './cache/cache.ts';
import type { CarbonConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';
import { listSegments, replayJournal } from './journal/replay.ts';
import type { Persister } from './persister/persister.ts';
import { startThreadWriter, type ThreadWriter } from './persister/thread-writer.ts';
import type { Ledger } from './receivers/ledger.ts';
import { loadRules, type StorageRules } from './rules/index.ts';

/** The storage rules; what is odd about them is logged. */
export function readRules({ storage }: CarbonConfig, log: Logger): StorageRules {
  const rules = loadRules({ schemasFile: storage.schemas, aggregationFile: storage.aggregation });
  for (const warning of rules.warnings) log.warn(warning);
  return rules;
}

/** Makes `directory`, which must be writable. */
export function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new OperatingError(
      'bad-directory',
      `carbon cannot write to ${directory}: ${messageOf(error)}`,
      {
        cause: error,
        exitCode: exitCodes.unavailable,
      },
    );
  }
}

const lockName = /^carbon-\d+\.lock$/;

/** The lock names its directory, too: in a copy of the directory it means nothing, and goes. */
function lockPath(directory: string): string {
  const name = `carbon-${statSync(directory).ino}.lock`;
  for (const other of readdirSync(directory))
    if (other !== name && lockName.test(other)) rmSync(join(directory, other), { force: true });
  return join(directory, name);
}

/**
 * Makes sure that no other carbon works on these directories, for two would take each other's points
 * away; returns what ends that. Throws when one does.
 */
export function lockDirectories({ storage, journal }: CarbonConfig, log: Logger): () => void {
  const locks: ProcessLock[] = [];
  const release = (): void => {
    for (const lock of locks) lock.release();
  };
  const directories = [storage.directory, storage.index];
  if (journal.enabled) directories.push(journal.directory);
  for (const directory of new Set(directories.map((path) => resolve(path)))) {
    prepareDirectory(directory);
    try {
      const lock = takeLock(lockPath(directory));
      if ('release' in lock) {
        locks.push(lock);
        continue;
      }
      release();
      throw new OperatingError(
        'directory-in-use',
        `another carbon (process ${lock.pid}) works on ${directory}; two must not share it`,
        { exitCode: exitCodes.unavailable },
      );
    } catch (error) {
      // A full disk must not keep the points that are in the journal from those who ask for them.
      if (codeOf(error) !== 'ENOSPC' && codeOf(error) !== 'EDQUOT') throw error;
      log.warn(`cannot make sure that no other carbon works on ${directory}: the disk is full`);
    }
  }
  return release;
}

/** Journal segments left by an earlier process, oldest first. */
export function findSegments(directory: string): number[] {
  prepareDirectory(directory);
  return listSegments(directory);
}

/** The writing thread with this configuration. */
export function startWriter(
  { storage, persister }: CarbonConfig,
  log: Logger,
): Promise<ThreadWriter> {
  return startThreadWriter(
    {
      writer: {
        directory: storage.directory,
        hashTagged: storage.hashTaggedNames,
        sparse: persister.sparse,
        openFilesMax: persister.openFilesMax || Math.floor(openFilesLimit() * 0.6),
        createsPerMinute: persister.createsPerMinute,
        freeBytesMin: persister.freeBytesMin,
        freeInodesMin: persister.freeInodesMin,
        newSeriesPerPrefix: persister.newSeriesPerPrefix,
        newSeriesRules: storage.newSeriesRules,
        refusedSeries: storage.refusedSeries,
      },
      rules: { schemasFile: storage.schemas, aggregationFile: storage.aggregation },
    },
    log,
  );
}

const openFilesElsewhere = 4096;

/** Descriptors this process may have; Node has raised the soft limit to the hard one. */
export function openFilesLimit(): number {
  let limits = '';
  try {
    limits = readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return openFilesElsewhere; // not Linux
  }
  const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
  return Number.isNaN(limit) ? 1_000_000 : Math.min(limit, 1_000_000);
}

/** Puts the points of these segments into the cache, writing out whenever it is full. */
export async function bringBack(
  config: CarbonConfig,
  segments: readonly number[],
  parts: { cache: Cache; journal: Journal; ledger: Ledger; persister: Persister },
  log: Logger,
): Promise<void> {
  const { cache, journal, ledger, persister } = parts;
  const counters = ledger.receiver('journal');
  const makeRoom = async (): Promise<void> => {
    while (!cache.hasRoom) {
      persister.wake();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const adopt = (segment: number, bytes: number): void => journal.adopt(segment, bytes);
  const target = { cache, adopt, makeRoom };
  const result = await replayJournal(config.journal.directory, segments, target, log);
  counters.received = result.points + result.refusedPoints;
  counters.refused['bad-name'] = result.refusedPoints;
  log.info('points brought back from the journal', { ...result });
  journal.release();
}

const connectionsShare = 0.2;
const streamReceivers = ['plaintext', 'pickle', 'protobuf', 'http'] as const;

/**
 * The configuration with no more connections than leave descriptors for journal and files: senders
 * beyond are refused, but what the others send can be stored.
 */
export function limitConnections(
  config: CarbonConfig,
  openFiles: number,
  log: Logger,
): CarbonConfig {
  const isOn = (name: (typeof streamReceivers)[number]): boolean =>
    name === 'plaintext' ? config.plaintext.tcp : config[name].enabled;
  const enabled = streamReceivers.filter(isOn);
  const most = Math.max(1, Math.floor((openFiles * connectionsShare) / enabled.length));
  const limited = structuredClone(config);
  for (const name of enabled) {
    if (config[name].connectionsMax <= most) continue;
    limited[name].connectionsMax = most;
    log.info(`${name} takes ${most} connections: this process may open ${openFiles} files`, {
      connectionsMax: config[name].connectionsMax,
    });
  }
  return limited;
}
