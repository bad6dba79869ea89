// Carbon put together: receivers -> cache and journal -> persister -> Whisper files, and the
// reading side beside it. Everything starts and stops here, in this order and in reverse.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { exitCodes, messageOf, OperatingError } from '../core/errors.ts';
import { parseListenAddress } from '../core/listen-address.ts';
import type { Logger } from '../core/log.ts';
import type { RunningService, ServiceContext } from '../core/service.ts';
import { Cache, type PointJournal } from './cache/cache.ts';
import { MergedReader } from './cache/merged-reader.ts';
import type { CarbonConfig } from './config.ts';
import { Journal } from './journal/journal.ts';
import { listSegments, replayJournal } from './journal/replay.ts';
import { createMetricIndex, type SearchableIndex } from './metric-index/index.ts';
import { Persister, type PersisterOptions } from './persister/persister.ts';
import { startThreadWriter, type ThreadWriter } from './persister/thread-writer.ts';
import { Gate } from './receivers/gate.ts';
import { receivers } from './receivers/index.ts';
import { Ledger } from './receivers/ledger.ts';
import { Intake, type Receiver } from './receivers/receiver.ts';
import type { UdpReceiver } from './receivers/udp.ts';
import { loadRules, type StorageRules } from './rules/index.ts';
import { SelfMetrics, selfMetricsPrefix } from './self-metrics.ts';
import { startCarbonserver } from './server/index.ts';

export interface Carbon extends RunningService {
  /** Where each receiver listens, by its name. */
  addresses: Record<string, { host: string; port: number }>;
  cache: Cache;
  ledger: Ledger;
  persister: Persister;
  reader: MergedReader;
  index: SearchableIndex;
  reload(config: CarbonConfig): void;
}

/** Without a journal points are in memory only. */
const noJournal: PointJournal = { segment: 1, add() {}, hold() {}, letGo() {} };

export async function startCarbon(config: CarbonConfig, context: ServiceContext): Promise<Carbon> {
  const { log } = context;
  log.setLevel(config.log.level);
  const rules = readRules(config, log);
  prepareDirectory(config.storage.directory);
  const ledger = new Ledger();

  const segments = config.journal.enabled ? findSegments(config.journal.directory) : [];
  const journal = config.journal.enabled
    ? new Journal(
        {
          ...config.journal,
          intervalMilliseconds: config.journal.intervalSeconds * 1000,
          firstSegment: (segments.at(-1) ?? 0) + 1,
        },
        log,
      )
    : undefined;
  const cache = new Cache({ ...config.cache, ...config.limits }, journal ?? noJournal);
  journal?.start(cache);
  const index = createMetricIndex();
  cache.onNewSeries = (name) => index.add(name);

  const writer = await startWriter(config);
  const persister = new Persister(
    { cache, ledger, writer, log, clock: systemClock },
    persisterOptions(config),
  );
  const gate = new Gate({
    mustClose: () => cache.isFull || journal?.isBehind === true,
    mayOpen: () => cache.hasRoom && journal?.isBehind !== true,
  });
  persister.onProgress = () => {
    journal?.release();
    gate.check();
  };
  if (journal !== undefined) journal.onProgress = () => gate.check();
  persister.start();

  if (journal !== undefined && segments.length > 0) {
    context.notReady('bringing back points from the journal');
    await bringBack(config, segments, { cache, journal, ledger, persister }, log);
  }

  const reader = new MergedReader(cache, rules, {
    directory: config.storage.directory,
    hashTagged: config.storage.hashTaggedNames,
  });
  const isImmediate = config.journal.intervalSeconds === 0;
  const intake = new Intake({
    cache,
    clock: systemClock,
    futureSeconds: config.limits.futureSeconds,
    flushJournal: journal !== undefined && isImmediate ? () => journal.flush() : undefined,
  });
  const started: Receiver[] = [];
  for (const entry of receivers) {
    if (!entry.isEnabled(config)) continue;
    started.push(await entry.start(config, { intake, gate, ledger, log }));
  }
  const addresses = Object.fromEntries(
    started.map(({ counters, address }) => [counters.name, address]),
  );
  const carbonserver = config.carbonserver.enabled
    ? await startCarbonserver({
        address: parseListenAddress(config.carbonserver.listen),
        reader,
        index,
        log,
        whisperDirectory: config.storage.directory,
        hashTagged: config.storage.hashTaggedNames,
        limits: config.carbonserver,
      })
    : undefined;
  if (carbonserver !== undefined) addresses['carbonserver'] = carbonserver.address;

  for (const [name, { host, port }] of Object.entries(addresses))
    log.info('listening', { door: name, host: host || '*', port });

  const udp = started.find((receiver): receiver is UdpReceiver => 'kernelDrops' in receiver);
  const prefix = selfMetricsPrefix(config.selfMetrics.prefix);
  const selfMetrics = config.selfMetrics.enabled
    ? new SelfMetrics(
        {
          cache,
          journal,
          persister,
          ledger,
          gate,
          intake,
          updatesPerSecond: config.persister.updatesPerSecond,
          cacheBytesMax: config.cache.bytesMax,
          kernelDrops: () => udp?.kernelDrops() ?? Promise.resolve(0),
          more: () => ({
            counters: prefixed('carbonserver', carbonserver?.statistics ?? {}),
            sizes: { 'index.metrics': index.size, 'index.bytes': index.memoryBytes },
          }),
        },
        prefix,
      )
    : undefined;
  const step = rules.ruleFor(`${prefix}.cache.size`).archives[0]?.secondsPerPoint ?? 60;
  selfMetrics?.start(config.selfMetrics.intervalSeconds || step);

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    selfMetrics?.stop();
    await Promise.all(started.map((receiver) => receiver.stop()));
    await carbonserver?.stop();
    await persister.stop();
    await journal?.stop();
  };
  return {
    addresses,
    cache,
    ledger,
    persister,
    reader,
    index,
    stop: () => (stopping ??= stop()),
    reload: (next) => {
      log.setLevel(next.log.level);
      reader.rules = readRules(config, log);
      writer.reloadRules();
      persister.configure(persisterOptions(next));
    },
  };
}

const prefixed = (prefix: string, counters: object): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [`${prefix}.${name}`, Number(value)]),
  );

const persisterOptions = ({ persister }: CarbonConfig): PersisterOptions => ({
  strategy: persister.strategy,
  intervalMilliseconds: persister.intervalSeconds * 1000,
  updatesPerSecond: persister.updatesPerSecond,
});

function readRules({ storage }: CarbonConfig, log: Logger): StorageRules {
  const rules = loadRules({ schemasFile: storage.schemas, aggregationFile: storage.aggregation });
  for (const warning of rules.warnings) log.warn(warning);
  return rules;
}

function prepareDirectory(directory: string): void {
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

function findSegments(directory: string): number[] {
  prepareDirectory(directory);
  return listSegments(directory);
}

function startWriter({ storage, persister }: CarbonConfig): Promise<ThreadWriter> {
  return startThreadWriter(
    {
      writer: {
        directory: storage.directory,
        hashTagged: storage.hashTaggedNames,
        sparse: persister.sparse,
        openFilesMax: persister.openFilesMax || Math.floor(openFilesLimit() * 0.75),
        createsPerMinute: persister.createsPerMinute,
        freeBytesMin: persister.freeBytesMin,
        freeInodesMin: persister.freeInodesMin,
      },
      rules: { schemasFile: storage.schemas, aggregationFile: storage.aggregation },
    },
    (line) => process.stdout.write(line),
  );
}

/** Descriptors this process may have. */
function openFilesLimit(): number {
  try {
    const limit = Number(execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
    return Number.isFinite(limit) ? Math.min(limit, 1_000_000) : 1_000_000;
  } catch {
    return 1024;
  }
}

async function bringBack(
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
