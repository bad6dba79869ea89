// When collectors run: together at fixed points of each interval, each by itself when one fails or
// hangs. Not what they read and not where it goes.
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Host } from './host.ts';
import type { Collector, Reading } from './plugins/plugin.ts';

export interface ScheduledCollector {
  name: string;
  collector: Collector;
  intervalMs: number;
}

export interface CollectorState {
  name: string;
  /** Duration of the last collection. */
  lastMs: number;
  failures: number;
  /** Collections left out because the one before had not ended. */
  overruns: number;
}

export interface SchedulerOptions {
  host: Host;
  log: Logger;
  now: () => number;
  /** Milliseconds on a clock that never jumps. */
  elapsed: () => number;
  /** Between 0 and 1: where in the interval to collect, the same after every restart. */
  phase: number;
  emit(plugin: string, reading: Reading, nowMs: number, elapsedMs: number): void;
  /** Called before each collection, e.g. to look for changed configuration; never rejects. */
  beforeTick(): Promise<void> | undefined;
  /** Called when the collectors of a tick are done, or the slow ones given up on for now. */
  afterTick(): void;
}

export interface Scheduler {
  /** Replaces the set of collectors; those that stay keep their state. */
  setCollectors(collectors: readonly ScheduledCollector[]): void;
  /** Collects once at once; resolves when all have ended. Used at start and by `test`. */
  collectNow(): Promise<void>;
  start(): void;
  stop(): void;
  states(): CollectorState[];
  lagMs(): number;
}

const backOffMaxMs = 10 * 60_000;
// A second collection closer than this part of the interval is left to the next one.
const nearPart = 0.1;

interface Entry extends ScheduledCollector {
  state: CollectorState;
  isRunning: boolean;
  failuresInRow: number;
  /** By the elapsed clock. */
  notBeforeMs: number;
}

/** Milliseconds from `nowMs` to the next collection; never 0, at most `intervalMs`. */
export function nextDelay(nowMs: number, intervalMs: number, phase: number): number {
  // Away from the borders of the interval: a clock that is corrected a little must not move a
  // collection into the neighbouring slot of the store.
  const offset = intervalMs * (0.2 + 0.6 * phase);
  const into = (((nowMs - offset) % intervalMs) + intervalMs) % intervalMs;
  return Math.max(1, Math.ceil(intervalMs - into));
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { host, log, now, elapsed, phase } = options;
  let entries: Entry[] = [];
  const timers = new Map<number, NodeJS.Timeout>();
  let isStarted = false;
  let lag = 0;

  const fail = (entry: Entry, error: unknown): void => {
    entry.state.failures += 1;
    entry.failuresInRow += 1;
    const pauseMs = Math.min(backOffMaxMs, entry.intervalMs * 2 ** entry.failuresInRow);
    entry.notBeforeMs = elapsed() + pauseMs - entry.intervalMs / 2;
    log.warn('a collector failed and is tried again later', {
      collector: entry.name,
      reason: messageOf(error),
      retrySeconds: Math.round(pauseMs / 1000),
    });
  };

  const succeed = (entry: Entry, startedMs: number): void => {
    entry.state.lastMs = elapsed() - startedMs;
    if (entry.failuresInRow > 0) log.info('a collector works again', { collector: entry.name });
    entry.failuresInRow = 0;
  };

  // Runs synchronous collectors to their end before it returns.
  const run = (entry: Entry, nowMs: number): Promise<void> | undefined => {
    if (entry.isRunning) {
      entry.state.overruns += 1;
      return undefined;
    }
    if (elapsed() < entry.notBeforeMs) return undefined;
    const elapsedMs = elapsed();
    try {
      const pending = entry.collector.read({
        host,
        nowMs,
        elapsedMs,
        intervalMs: entry.intervalMs,
        log,
        emit: (reading) => {
          options.emit(entry.name, reading, nowMs, elapsedMs);
        },
      });
      if (pending === undefined) {
        succeed(entry, elapsedMs);
        return undefined;
      }
      entry.isRunning = true;
      return pending
        .then(
          () => succeed(entry, elapsedMs),
          (error: unknown) => fail(entry, error),
        )
        .finally(() => {
          entry.isRunning = false;
        });
    } catch (error) {
      fail(entry, error);
      return undefined;
    }
  };

  const collect = async (due: readonly Entry[]): Promise<void> => {
    const nowMs = now();
    const pending = due.map((entry) => run(entry, nowMs)).filter((one) => one !== undefined);
    await Promise.all(pending);
    options.afterTick();
  };

  const collectDue = async (intervalMs: number): Promise<void> => {
    const changing = options.beforeTick();
    if (changing !== undefined) await changing;
    if (isStarted) await collect(entries.filter((entry) => entry.intervalMs === intervalMs));
  };

  const arm = (intervalMs: number, skipNear: boolean): void => {
    const delay = nextDelay(now(), intervalMs, phase);
    const wait = skipNear && delay < intervalMs * nearPart ? delay + intervalMs : delay;
    const targetMs = elapsed() + wait;
    const fire = (): void => {
      const early = targetMs - elapsed();
      if (early > 0.5) {
        timers.set(intervalMs, setTimeout(fire, Math.ceil(early)));
        return;
      }
      lag = -early;
      void collectDue(intervalMs);
      if (isStarted && entries.some((entry) => entry.intervalMs === intervalMs))
        arm(intervalMs, false);
      else timers.delete(intervalMs);
    };
    timers.set(intervalMs, setTimeout(fire, wait));
  };

  const armAll = (): void => {
    if (!isStarted) return;
    const wanted = new Set(entries.map((entry) => entry.intervalMs));
    for (const [intervalMs, timer] of timers) {
      if (wanted.has(intervalMs)) continue;
      clearTimeout(timer);
      timers.delete(intervalMs);
    }
    for (const intervalMs of wanted) if (!timers.has(intervalMs)) arm(intervalMs, true);
  };

  return {
    setCollectors: (collectors) => {
      entries = collectors.map((one) => {
        const kept = entries.find(
          (entry) => entry.collector === one.collector && entry.intervalMs === one.intervalMs,
        );
        return (
          kept ?? {
            ...one,
            state: { name: one.name, lastMs: 0, failures: 0, overruns: 0 },
            isRunning: false,
            failuresInRow: 0,
            notBeforeMs: 0,
          }
        );
      });
      armAll();
    },
    collectNow: () => collect(entries),
    start: () => {
      isStarted = true;
      armAll();
    },
    stop: () => {
      isStarted = false;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
    states: () => entries.map((entry) => ({ ...entry.state })),
    lagMs: () => lag,
  };
}
