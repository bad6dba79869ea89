// Carbon put together: receivers -> cache and journal -> persister -> Whisper files, and the
// reading side beside it. Everything starts and stops here, in this order and in reverse.
import { systemClock } from '../core/clock.ts';
import { parseListenAddress } from '../core/listen-address.ts';
import type { RunningService, ServiceContext } from '../core/service.ts';
import { Cache, type PointJournal } from './cache/cache.ts';
import { MergedReader } from './cache/merged-reader.ts';
import { startCarbonlink } from './carbonlink/index.ts';
import type { CarbonConfig } from './config.ts';
import { Journal } from './journal/journal.ts';
import { metadataSetter } from './metadata.ts';
import { openMetricIndex, type SearchableIndex } from './metric-index/index.ts';
import { Persister, type PersisterOptions } from './persister/persister.ts';
import { Gate } from './receivers/gate.ts';
import { receivers } from './receivers/index.ts';
import { Ledger } from './receivers/ledger.ts';
import { Intake, type Receiver } from './receivers/receiver.ts';
import type { UdpReceiver } from './receivers/udp.ts';
import { rehearse } from './rehearsal.ts';
import { intervalProblem, type StorageRules } from './rules/index.ts';
import { SelfMetrics, selfMetricsPrefix } from './self-metrics.ts';
import { startCarbonserver } from './server/index.ts';
import {
  bringBack,
  findSegments,
  limitConnections,
  lockDirectories,
  openFilesLimit,
  readRules,
  startWriter,
} from './start-up.ts';

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
  const unlock = lockDirectories(config, log);
  try {
    return await startParts(config, context, rules, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startParts(
  config: CarbonConfig,
  context: ServiceContext,
  rules: StorageRules,
  unlock: () => void,
): Promise<Carbon> {
  const { log } = context;
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
  const { index, ...keptIndex } = await openMetricIndex({
    whisperDirectory: config.storage.directory,
    indexDirectory: config.storage.index,
    hashTagged: config.storage.hashTaggedNames,
    isCached: (metric) => cache.isPending(metric),
    source: cache.table,
    log,
  });
  cache.onNewSeries = keptIndex.noteNewName;

  // While the writing thread starts, this one has nothing else to do.
  const [writer] = await Promise.all([startWriter(config, log), rehearse()]);
  const persister = new Persister(
    { cache, ledger, writer, log, clock: () => performance.now() },
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
  // A series whose file was deleted while we knew it left the index; its new file brings it back.
  persister.onCreated = (id) => index.add(cache.table.name(id));
  persister.onRefused = (id) => void index.remove(cache.table.name(id));
  if (journal !== undefined) journal.onProgress = () => gate.check();
  persister.start();

  if (journal !== undefined && segments.length > 0) {
    context.notReady('bringing back points from the journal');
    await bringBack(config, segments, { cache, journal, ledger, persister }, log);
  }

  const reader = new MergedReader(cache, rules, {
    directory: config.storage.directory,
    hashTagged: config.storage.hashTaggedNames,
    openFilesMax: Math.floor(openFilesLimit() / 8),
  });
  const isImmediate = config.journal.intervalSeconds === 0;
  const intake = new Intake({
    cache,
    clock: systemClock,
    futureSeconds: config.limits.futureSeconds,
    flushJournal: journal !== undefined && isImmediate ? () => journal.flush() : undefined,
  });
  const started: Receiver[] = [];
  const receiving = limitConnections(config, openFilesLimit(), log);
  for (const entry of receivers) {
    if (!entry.isEnabled(config)) continue;
    started.push(await entry.start(receiving, { intake, gate, ledger, log }));
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
        rescan: keptIndex.rescan,
        setMetadata: metadataSetter({ cache, reader, writer }),
        information: () => ({
          cachedPoints: cache.points,
          receivedPoints: ledger.received,
          storedPoints: ledger.stored,
          droppedPoints: ledger.dropped,
          createsStopped: persister.state.creationStopped,
          journalIsWritten: journal?.isProtecting ?? false,
        }),
      })
    : undefined;
  const carbonlink = config.carbonlink.enabled
    ? await startCarbonlink({
        ...config.carbonlink,
        address: parseListenAddress(config.carbonlink.listen),
        reader,
        log,
      })
    : undefined;
  if (carbonlink !== undefined) addresses['carbonlink'] = carbonlink.address;
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
          kernelDrops: () => udp?.kernelDrops() ?? Promise.resolve(0),
          more: () => ({
            counters: {
              ...prefixed('carbonserver', carbonserver?.statistics ?? {}),
              ...prefixed('carbonlink', carbonlink?.statistics ?? {}),
            },
            sizes: { 'index.metrics': index.size, 'index.bytes': index.memoryBytes },
          }),
        },
        prefix,
      )
    : undefined;
  const example = `${prefix}.cache.size`;
  const step = rules.ruleFor(example).archives[0]?.secondsPerPoint ?? 60;
  const selfInterval = config.selfMetrics.intervalSeconds || step;
  const mismatch = selfMetrics && intervalProblem(rules, example, selfInterval);
  if (mismatch !== undefined) log.warn(`${mismatch} (selfMetrics.intervalSeconds)`);
  selfMetrics?.start(selfInterval);

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    selfMetrics?.stop();
    await Promise.all(started.map((receiver) => receiver.stop()));
    await carbonserver?.stop();
    await carbonlink?.stop();
    reader.close();
    await persister.stop();
    await journal?.stop();
    await keptIndex.stop();
    unlock();
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
      writer.reload(next.persister.newSeriesPerPrefix);
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
