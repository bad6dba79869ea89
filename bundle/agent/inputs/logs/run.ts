// The running log input: follows files, turns lines into counters, timers, gauges and sets by rules, and sends
// them each interval under StatsD's statistics.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from '../../../core/config.ts';
import { messageOf } from '../../../core/errors.ts';
import type { InputContext, RunningInput } from '../input.ts';
import { Aggregate } from '../statsd/aggregate.ts';
import { FlushNames, type FlushOptions, flushAggregate } from '../statsd/flush.ts';
import { FileFollower, type FollowCounts } from './follow.ts';
import type { logOptions } from './options.ts';
import { loadPositions, savePositions } from './positions.ts';
import { applyRules, compileRules } from './rules.ts';

type Options = z.output<z.ZodObject<ReturnType<typeof logOptions>>>;

function flushOptionsFor(config: Options, prefix: string): FlushOptions {
  return {
    namespace: {
      legacy: false,
      globalPrefix: prefix,
      prefixCounter: '',
      prefixTimer: '',
      prefixGauge: '',
      prefixSet: '',
      globalSuffix: '',
      prefixStats: '',
    },
    flushSeconds: config.flushInterval,
    percentThresholds: config.percentThreshold,
    histogram: [],
    calculatedTimerMetrics: [],
    flushCounts: true,
    idleFlushesMax: config.idleFlushes,
    gaugeIdleFlushesMax: config.idleFlushes,
  };
}

/** Resolves when every file was looked at once. */
export async function start(
  config: Options,
  { log, now, hostName, emitPoint, storageDirectory }: InputContext,
): Promise<RunningInput> {
  const counts: FollowCounts & Record<string, number> = {
    lines: 0,
    longLines: 0,
    rotations: 0,
    truncations: 0,
    matched: 0,
    badValues: 0,
    unreadable: 0,
    files: 0,
  };
  const lineCounts = { matched: 0, badValues: 0 };
  const groups = config.files.map((files) => {
    const prefix = files.prefix.replaceAll('{host}', hostName);
    const settings = flushOptionsFor(config, prefix);
    const aggregate = new Aggregate(
      { namesMax: config.namesMax, timerValuesMax: 100_000, setMembersMax: 100_000 },
      () => {},
      (line, reason) => log.warn(`a rule gave no usable name: ${reason}`, { name: line }),
    );
    return {
      files,
      rules: compileRules(files.ruleSet, files.rules),
      settings,
      names: new FlushNames(settings.namespace),
      aggregate,
    };
  });
  const positionFile = join(storageDirectory(), 'positions.json');
  const positions = loadPositions(positionFile, log);
  const followers = new Map<string, { follower: FileFollower; fromEnd: boolean }>();

  // A file that shows up while we run was written meanwhile: it is read from its start.
  const findFiles = (isFirst: boolean): void => {
    for (const [index, { files, rules, aggregate }] of groups.entries()) {
      for (const path of files.paths.flatMap((pattern) => globSync(pattern)).sort()) {
        const key = `${index}:${path}`;
        if (followers.has(key) || followers.size >= config.filesMax) continue;
        const take = (line: string): void => applyRules(line, rules, aggregate, lineCounts);
        const follower = new FileFollower(path, take, counts, positions.get(key));
        followers.set(key, { follower, fromEnd: isFirst && files.from === 'end' });
      }
    }
    counts['files'] = followers.size;
  };
  const told = new Set<string>();
  const lookAll = async (): Promise<void> => {
    for (const [key, { follower, fromEnd }] of followers) {
      try {
        await follower.look(fromEnd);
        told.delete(key);
      } catch (error) {
        counts['unreadable'] = (counts['unreadable'] ?? 0) + 1;
        if (!told.has(key)) log.warn(`cannot read ${follower.path}: ${messageOf(error)}`);
        told.add(key);
      }
      if (follower.position !== undefined) positions.set(key, follower.position);
    }
  };
  const flush = (): void => {
    const seconds = Math.round(now() / 1000);
    for (const { aggregate, names, settings } of groups) {
      flushAggregate(aggregate, names, settings, (name, value) => emitPoint(name, value, seconds));
    }
  };

  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let flushedMs = now();
  let savedText = '';
  const save = async (): Promise<void> => {
    const text = JSON.stringify([...positions]);
    if (text === savedText) return;
    savedText = text;
    await savePositions(positionFile, positions).catch((error: unknown) =>
      log.warn(`cannot keep log positions: ${messageOf(error)}`),
    );
  };
  findFiles(true);
  await lookAll();
  let round: Promise<void> = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      round = (async () => {
        findFiles(false);
        await lookAll();
        if (now() - flushedMs >= config.flushInterval * 1000) {
          flushedMs = now();
          flush();
          await save();
        }
        if (!isStopped) next();
      })();
    }, config.pollSeconds * 1000);
  };
  next();
  return {
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      clearTimeout(timer);
      await round;
      clearTimeout(timer);
      await lookAll();
      flush();
      await save();
      for (const { follower } of followers.values()) await follower.close();
    },
    statistics: () => ({
      ...counts,
      ...lineCounts,
      overLimit: groups.reduce((sum, { aggregate }) => sum + aggregate.counts.overLimit, 0),
    }),
  };
}
