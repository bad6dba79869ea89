// Receiving is rehearsed before the doors open: made-up lines go through a cache, an index and a
// journal that are thrown away, so that the first senders after a start meet compiled code. Without
// it half of what a hundred thousand new series cost is compiling.
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/log.ts';
import { Cache, type Detached } from './cache/cache.ts';
import { Journal } from './journal/journal.ts';
import type { BatchSink } from './journal/segment-writer.ts';
import { createMetricIndex } from './metric-index/index.ts';
import { BlockWriter } from './metric-index/names-file.ts';
import { Ledger } from './receivers/ledger.ts';
import { LineReader } from './receivers/line-reader.ts';
import { PlaintextParser } from './receivers/plaintext-parser.ts';
import { Intake } from './receivers/receiver.ts';

// Enough for V8 to compile what is hot. A slow machine ends it by the processor time, one that has
// no time for it by the clock.
const seriesMax = 20_000;
const cpuMillisecondsMax = 200;
const millisecondsMax = 1000;
const seriesPerSlice = 500;
const roundsPerSlice = 4;
const lineBytesMax = 4096;

const nowhere: BatchSink = {
  write: async (batches) => batches.length,
  sync: async () => {},
  close: async () => {},
  remove: async () => {},
};

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface Rehearsal {
  points: number;
  series: number;
}

/** Resolves when receiving has been done often enough; leaves nothing behind. */
export async function rehearse(): Promise<Rehearsal> {
  const journal = new Journal(
    {
      directory: '',
      intervalMilliseconds: 1000,
      segmentBytes: 1 << 20,
      bytesMax: Number.POSITIVE_INFINITY,
      sync: false,
      firstSegment: 1,
    },
    silentLogger,
    nowhere,
  );
  const cache = new Cache({ bytesMax: 4 << 20, nameBytesMax: 1024, seriesMax }, journal);
  journal.start(cache);
  const index = createMetricIndex(cache.table);
  const names = new BlockWriter();
  const intake = new Intake({
    cache,
    clock: systemClock,
    futureSeconds: 0,
    flushJournal: undefined,
  });
  const counters = new Ledger().receiver('rehearsal');
  const parser = new PlaintextParser(intake, counters, lineBytesMax);
  const lines = new LineReader(parser, counters, lineBytesMax);
  const begun = performance.now();
  const cpuBegun = process.threadCpuUsage();
  for (let first = 0; first < seriesMax; first += seriesPerSlice) {
    const { user, system } = process.threadCpuUsage(cpuBegun);
    if ((user + system) / 1000 > cpuMillisecondsMax) break;
    if (performance.now() - begun > millisecondsMax) break;
    // Not always the same ones: compiled code must not expect those of the rehearsal later.
    const isEven = (first / seriesPerSlice) % 2 === 0;
    cache.onNewSeries = isEven ? () => index.waiting : () => undefined;
    index.onChange = isEven
      ? (bytes, start, end, removed) => void names.addBytes(bytes, start, end, removed)
      : () => undefined;
    const chunk = Buffer.from(linesOf(first));
    for (let round = 0; round < roundsPerSlice; round++) {
      // Cut somewhere, as streams are.
      lines.push(chunk.subarray(0, chunk.length - 20));
      lines.push(chunk.subarray(chunk.length - 20));
    }
    index.takeOver();
    settleAll(cache);
    await pause();
  }
  await journal.stop();
  return { points: counters.received - counters.errors, series: index.size };
}

function linesOf(first: number): string {
  let text = '';
  for (let k = first; k < first + seriesPerSlice; k++) {
    const path = `host${Math.floor(k / 100)}.part${Math.floor(k / 10) % 10}.value${k % 10}`;
    text += `rehearsal.${path} ${k}.${k % 7} 1700000000\n`;
  }
  return text;
}

/** What the persister does, without files. */
function settleAll(cache: Cache): void {
  const times = new Float64Array(roundsPerSlice);
  const values = new Float64Array(roundsPerSlice);
  const detached: Detached = { count: 0, newest: 0, oldest: 0, segment: 0 };
  for (const id of cache.takeQueue()) {
    cache.detach(id, times, values, 0, detached);
    cache.settle(id, detached);
  }
}
