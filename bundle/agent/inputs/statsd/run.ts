// The running StatsD input: doors → packets → aggregate → one flush an interval.
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import type { z } from '../../../core/config.ts';
import { type ListenAddress, parseListenAddress } from '../../../core/listen-address.ts';
import { readUdpDrops } from '../../../core/udp-drops.ts';
import type { InputContext, RunningInput } from '../input.ts';
import { Aggregate } from './aggregate.ts';
import { createEventSender } from './events.ts';
import { FlushNames, type FlushOptions, flushAggregate } from './flush.ts';
import { loadGauges, saveGauges } from './gauge-file.ts';
import { type ManagementState, openManagement } from './management.ts';
import type { statsdOptions } from './options.ts';
import { takePacket } from './packet-bytes.ts';
import { type Door, openStream, openUdp, type TakePacket } from './receivers.ts';

type Options = z.output<z.ZodObject<ReturnType<typeof statsdOptions>>>;

const badLineLogsPerFlush = 5;

function flushOptions(options: Options): FlushOptions {
  return {
    namespace: {
      legacy: options.legacyNamespace,
      globalPrefix: options.globalPrefix,
      prefixCounter: options.prefixCounter,
      prefixTimer: options.prefixTimer,
      prefixGauge: options.prefixGauge,
      prefixSet: options.prefixSet,
      globalSuffix: options.globalSuffix,
      prefixStats: options.prefixStats,
    },
    flushSeconds: options.flushInterval,
    percentThresholds: options.percentThreshold,
    histogram: options.histogram,
    calculatedTimerMetrics: options.calculatedTimerMetrics,
    flushCounts: options.flushCounts,
    idleFlushesMax: options.idleFlushes,
    gaugeIdleFlushesMax: options.gaugeIdleFlushes,
  };
}

function createRepeater(addresses: readonly ListenAddress[]): {
  send(bytes: Buffer): void;
  stop(): void;
} {
  if (addresses.length === 0) return { send: () => {}, stop: () => {} };
  const socket = createSocket('udp6');
  const plain = createSocket('udp4');
  for (const each of [socket, plain]) each.on('error', () => {});
  return {
    send: (bytes) => {
      for (const { host, port } of addresses)
        (host.includes(':') ? socket : plain).send(Buffer.from(bytes), port, host);
    },
    stop: () => {
      socket.close();
      plain.close();
    },
  };
}

/** Opens every configured door; when one cannot be opened, none stays open. */
async function openDoors(
  options: Options,
  take: TakePacket,
  management: ManagementState,
): Promise<{ doors: Door[]; udp: Door | undefined }> {
  const doors: Door[] = [];
  const open = async (door: Promise<Door>): Promise<Door> => {
    const opened = await door;
    doors.push(opened);
    return opened;
  };
  const streams = [
    options.tcp === '' ? undefined : parseListenAddress(options.tcp),
    options.socket || undefined,
  ];
  const tooLong = (): void => management.aggregate.badLine('', 'a line without end');
  try {
    const udp =
      options.udp === ''
        ? undefined
        : await open(openUdp(parseListenAddress(options.udp), options.receiveBufferBytes, take));
    for (const where of streams) {
      if (where !== undefined) await open(openStream(where, options.connectionsMax, take, tooLong));
    }
    if (options.management !== '') {
      await open(openManagement(parseListenAddress(options.management), management));
    }
    return { doors, udp };
  } catch (error) {
    await Promise.all(doors.map((door) => door.stop()));
    throw error;
  }
}

/** Resolves when every door is open. */
export async function start(options: Options, context: InputContext): Promise<RunningInput> {
  const { log, now } = context;
  const events = createEventSender(options.eventsUrl, now);
  let badLineLogs = 0;
  const aggregate = new Aggregate(
    options,
    (event) => events.send(event),
    (line, reason) => {
      badLineLogs += 1;
      if (badLineLogs <= badLineLogsPerFlush)
        log.warn(`bad line: ${reason}`, { line: line.slice(0, 200) });
    },
  );
  const settings = flushOptions(options);
  const names = new FlushNames(settings.namespace);
  const gaugeFile = options.keepGauges
    ? join(context.storageDirectory(), 'gauges.json')
    : undefined;
  if (gaugeFile !== undefined) loadGauges(gaugeFile, aggregate, log);

  const totals = { packets: 0, metrics: 0, badLines: 0, flushes: 0, kernelDrops: 0 };
  const startedMs = now();
  let lastMessageMs = startedMs;
  let packets = 0;
  const repeater = createRepeater(options.repeat.map(parseListenAddress));
  const take: TakePacket = (bytes) => {
    packets += 1;
    lastMessageMs = now();
    takePacket(bytes, aggregate);
    repeater.send(bytes);
  };

  const { doors, udp } = await openDoors(options, take, {
    aggregate,
    statistics: () => ({
      uptime: Math.round((now() - startedMs) / 1000),
      'messages.last_msg_seen': Math.round((now() - lastMessageMs) / 1000),
      'messages.bad_lines_seen': totals.badLines + aggregate.counts.badLines,
      names: aggregate.buckets.size,
      kernel_drops: totals.kernelDrops,
    }),
    config: options,
  });

  let lastFlushSeconds = 0;
  let flushLength = 0;
  let flushMs = 0;
  const flush = (): void => {
    const begun = performance.now();
    const seconds = Math.round(now() / 1000);
    const { prefixStats } = settings.namespace;
    const { counts } = aggregate;
    aggregate.counter(`${prefixStats}.bad_lines_seen`, '', counts.badLines, 1);
    aggregate.counter(`${prefixStats}.packets_received`, '', packets, 1);
    aggregate.counter(`${prefixStats}.metrics_received`, '', counts.metrics, 1);
    if (lastFlushSeconds > 0) {
      aggregate.gauge(
        `${prefixStats}.timestamp_lag`,
        '',
        seconds - lastFlushSeconds - options.flushInterval,
        false,
      );
    }
    totals.packets += packets;
    totals.metrics += counts.metrics;
    totals.badLines += counts.badLines;
    packets = 0;
    counts.metrics = 0;
    counts.badLines = 0;
    badLineLogs = 0;
    let points = 0;
    const emit = (name: string, value: number): void => {
      points += 1;
      context.emitPoint(name, value, seconds);
    };
    const sent = flushAggregate(aggregate, names, settings, emit);
    const processingMs = performance.now() - begun;
    emit(names.ownCount(), sent);
    emit(names.own('graphiteStats.calculationtime'), Math.round(processingMs));
    emit(names.own('processing_time'), Math.round(processingMs));
    emit(names.own('graphiteStats.last_flush'), lastFlushSeconds);
    emit(names.own('graphiteStats.last_exception'), 0);
    emit(names.own('graphiteStats.flush_time'), Math.round(flushMs));
    emit(names.own('graphiteStats.flush_length'), flushLength);
    emit(names.own('kernel_drops'), totals.kernelDrops);
    lastFlushSeconds = seconds;
    flushLength = points;
    flushMs = processingMs;
    totals.flushes += 1;
  };

  const keepGauges = async (): Promise<void> => {
    if (gaugeFile === undefined) return;
    await saveGauges(gaugeFile, aggregate).catch((error: Error) =>
      log.warn(`cannot keep gauges: ${error.message}`),
    );
  };
  let stopped = false;
  let timer: NodeJS.Timeout;
  const flushIntervalMs = options.flushInterval * 1000;
  // aligned to the start, so that a late flush does not shift those after it
  const schedule = (): void => {
    const elapsed = now() - startedMs;
    timer = setTimeout(
      () => {
        flush();
        void keepGauges();
        if (udp !== undefined) {
          void readUdpDrops(udp.port).then((drops) => {
            totals.kernelDrops = drops;
          });
        }
        if (!stopped) schedule();
      },
      flushIntervalMs - (elapsed % flushIntervalMs),
    );
  };
  schedule();

  return {
    stop: async () => {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      await Promise.all(doors.map((door) => door.stop()));
      flush();
      await keepGauges();
      repeater.stop();
      events.stop();
    },
    statistics: () => ({
      packets: totals.packets + packets,
      metrics: totals.metrics + aggregate.counts.metrics,
      badLines: totals.badLines + aggregate.counts.badLines,
      overLimit: aggregate.counts.overLimit,
      names: aggregate.buckets.size,
      kernelDrops: totals.kernelDrops,
      eventsSent: events.sent,
      eventsDropped: events.dropped,
    }),
  };
}
