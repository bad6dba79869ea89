// One destination, on its own: connection with jittered retries, a bounded queue in memory, the
// spool behind it, replay at a limited rate once the server is back. A slow or dead destination
// costs the others nothing. Fresh points go first; the spool follows in its own order.
import type { Logger } from '../../core/log.ts';
import type { NamingOptions } from '../naming.ts';
import type { Batch, Sink } from '../pipeline.ts';
import type { Spool } from '../spool/spool.ts';
import type { Carrier, CarrierOptions, Connection } from './output.ts';
import { encodePickleFrames } from './pickle-frame.ts';

export interface DestinationOptions extends CarrierOptions {
  name: string;
  format: 'plaintext' | 'pickle';
  naming: NamingOptions;
  /** Kept in memory while there is no connection and no spool (or before spooling begins). */
  bufferBytesMax: number;
  reconnectMinMs: number;
  reconnectMaxMs: number;
  replayPointsPerSecond: number;
}

export interface DestinationTools {
  carrier: Carrier;
  spool: Spool | undefined;
  log: Logger;
  now: () => number;
  /** Between 0 and 1, for the jitter. */
  random: () => number;
}

export interface DestinationStatistics {
  name: string;
  connected: boolean;
  sentPoints: number;
  /** Sent a second time because the connection broke shortly after the first. */
  resentPoints: number;
  droppedPoints: number;
  queuedPoints: number;
  spoolBytes: number;
  reconnects: number;
}

export interface Destination extends Sink {
  name: string;
  start(): void;
  /** Sends what it can until the deadline, spools the rest; idempotent. */
  stop(deadlineMs: number): Promise<void>;
  statistics(): DestinationStatistics;
}

// Above this, the server does not keep up and points go to the queue.
const unsentBytesMax = 1024 * 1024;
// A restart of the server takes less; only a longer absence touches the disk.
const spoolAfterMs = 3000;
const spoolAfterBytes = 512 * 1024;
const replayTickMs = 100;
// A server that is killed takes what lies unread in its socket with it. After a reset or a close
// that is what was sent last; after a time-out nothing is known of all that was sent meanwhile.
const doubtBytesMax = 4 * 1024 * 1024;
const doubtAfterResetMs = 30_000;
const doubtAfterTimeoutMs = 20 * 60_000;
const stalledMs = 60_000;

class Queue {
  private batches: Batch[] = [];
  bytes = 0;
  points = 0;

  get length(): number {
    return this.batches.length;
  }
  push(batch: Batch): void {
    this.batches.push(batch);
    this.bytes += batch.bytes.length;
    this.points += batch.points;
  }
  shift(): Batch | undefined {
    const batch = this.batches.shift();
    if (batch !== undefined) {
      this.bytes -= batch.bytes.length;
      this.points -= batch.points;
    }
    return batch;
  }
  prepend(batches: readonly Batch[]): void {
    this.batches.unshift(...batches);
    for (const batch of batches) {
      this.bytes += batch.bytes.length;
      this.points += batch.points;
    }
  }
}

export function createDestination(
  options: DestinationOptions,
  { carrier, spool, log, now, random }: DestinationTools,
): Destination {
  const { name } = options;
  const queue = new Queue();
  let doubtful: { batch: Batch; atMs: number }[] = [];
  let doubtfulBytes = 0;
  let connection: Connection | undefined;
  let isOpen = false;
  let isStopped = false;
  let downSinceMs = now();
  let attempts = 0;
  let reconnects = 0;
  let sentPoints = 0;
  let resentPoints = 0;
  let droppedPoints = 0;
  let unsentSinceMs = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let replayTimer: NodeJS.Timeout | undefined;

  const remember = (batch: Batch): void => {
    if (!carrier.isStream) return;
    const atMs = now();
    doubtful.push({ batch, atMs });
    doubtfulBytes += batch.bytes.length;
    let old = 0;
    while (
      old < doubtful.length - 1 &&
      (doubtfulBytes > doubtBytesMax || atMs - doubtful[old]!.atMs > doubtAfterTimeoutMs)
    ) {
      doubtfulBytes -= doubtful[old]!.batch.bytes.length;
      old += 1;
    }
    if (old > 0) doubtful = doubtful.slice(old);
  };

  const send = (batch: Batch): void => {
    connection!.write(options.format === 'pickle' ? encodePickleFrames(batch.bytes) : batch.bytes);
    sentPoints += batch.points;
    remember(batch);
  };

  const mayWrite = (): boolean => isOpen && connection!.pendingBytes() < unsentBytesMax;

  const spill = (): void => {
    while (spool !== undefined && queue.length > 0) {
      const batch = queue.shift()!;
      if (spool.append(batch, now())) continue;
      queue.prepend([batch]);
      break;
    }
    while (queue.bytes > options.bufferBytesMax && queue.length > 0)
      droppedPoints += queue.shift()!.points;
  };

  const hold = (batch: Batch): void => {
    queue.push(batch);
    const isLong = !isOpen && now() - downSinceMs > spoolAfterMs;
    if (isLong || queue.bytes > Math.min(spoolAfterBytes, options.bufferBytesMax)) spill();
  };

  const replay = (): void => {
    if (!mayWrite() || spool === undefined) return;
    const batch = spool.take(
      Math.max(1, Math.ceil((options.replayPointsPerSecond * replayTickMs) / 1000)),
      now(),
    );
    if (batch === undefined) {
      clearInterval(replayTimer);
      replayTimer = undefined;
      log.info('the spool is sent', { output: name });
      return;
    }
    send(batch);
  };

  const pump = (): void => {
    while (mayWrite() && queue.length > 0) send(queue.shift()!);
    if (!isOpen || queue.length > 0 || replayTimer !== undefined) return;
    if (spool === undefined || spool.points === 0) return;
    log.info('sending the spool', { output: name, points: spool.points });
    replayTimer = setInterval(replay, replayTickMs);
  };

  const takeBackDoubtful = (reason: string): void => {
    const windowMs = /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|not keep up/.test(reason)
      ? doubtAfterTimeoutMs
      : doubtAfterResetMs;
    const batches = doubtful.filter((one) => now() - one.atMs <= windowMs).map((one) => one.batch);
    doubtful = [];
    doubtfulBytes = 0;
    for (const batch of batches) resentPoints += batch.points;
    queue.prepend(batches);
  };

  const retry = (): void => {
    if (isStopped) return;
    const backOff = Math.min(options.reconnectMaxMs, options.reconnectMinMs * 2 ** attempts);
    attempts += 1;
    retryTimer = setTimeout(connect, backOff * (0.5 + random() / 2));
  };

  const connect = (): void => {
    retryTimer = undefined;
    let opened = false;
    const events = {
      onOpen: () => {
        opened = true;
        isOpen = true;
        attempts = 0;
        log.info('connected', { output: name });
        pump();
      },
      onDrain: () => {
        unsentSinceMs = 0;
        pump();
      },
      onClose: (reason: string) => {
        isOpen = false;
        connection = undefined;
        clearInterval(replayTimer);
        replayTimer = undefined;
        if (isStopped) return;
        if (opened) {
          downSinceMs = now();
          reconnects += 1;
          takeBackDoubtful(reason);
        }
        if (opened || attempts === 0) log.warn('not connected', { output: name, reason });
        retry();
      },
    };
    try {
      connection = carrier.connect(options, events);
    } catch (error) {
      events.onClose(error instanceof Error ? error.message : String(error)); // e.g. a missing certificate
    }
  };

  // A server that takes nothing for long is given up; another connection may reach another one.
  const watchStall = (): void => {
    if (!isOpen || connection!.pendingBytes() === 0) {
      unsentSinceMs = 0;
      return;
    }
    if (unsentSinceMs === 0) unsentSinceMs = now();
    else if (now() - unsentSinceMs > stalledMs) {
      unsentSinceMs = 0;
      log.warn('the server does not keep up, connecting anew', { output: name });
      void connection!.close(0);
    }
  };

  return {
    name,
    naming: options.naming,
    start: connect,
    accept: (batch) => {
      watchStall();
      if (mayWrite() && queue.length === 0) send(batch);
      else hold(batch);
    },
    stop: async (deadlineMs) => {
      if (isStopped) return;
      pump();
      isStopped = true;
      clearTimeout(retryTimer);
      clearInterval(replayTimer);
      await connection?.close(deadlineMs);
      if (spool === undefined) return;
      spill();
      spool.close(now());
    },
    statistics: () => ({
      name,
      connected: isOpen,
      sentPoints,
      resentPoints,
      droppedPoints: droppedPoints + (spool?.droppedPoints ?? 0),
      queuedPoints: queue.points + (spool?.points ?? 0),
      spoolBytes: spool?.bytes ?? 0,
      reconnects,
    }),
  };
}
