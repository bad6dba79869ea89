// Keys of `inputs.statsd` in agent.yml; names follow statsd's own where there is one.
import { addressText, z } from '../../../core/config.ts';

const count = (value: number, text: string) => z.int().positive().default(value).describe(text);

const namespace = () => ({
  legacyNamespace: z
    .boolean()
    .default(false)
    .describe("statsd's old names: stats.K and stats_counts.K."),
  globalPrefix: z.string().default('stats').describe('First node of all names (new namespace).'),
  prefixCounter: z.string().default('counters').describe('Node of counters.'),
  prefixTimer: z.string().default('timers').describe('Node of timers.'),
  prefixGauge: z.string().default('gauges').describe('Node of gauges.'),
  prefixSet: z.string().default('sets').describe('Node of sets.'),
  globalSuffix: z.string().default('').describe('Put after the last node, with its dot.'),
  prefixStats: z.string().default('statsd').describe("Node of StatsD's own statistics."),
});

export const statsdOptions = () => ({
  udp: addressText()
    .or(z.literal(''))
    .default('127.0.0.1:27610')
    .describe('UDP address; empty for none.'),
  tcp: addressText()
    .or(z.literal(''))
    .default('')
    .describe('TCP address, lines end with LF; empty for none.'),
  socket: z
    .string()
    .default('')
    .describe('Path of a unix stream socket, e.g. run/statsd.sock; empty for none.'),
  management: addressText()
    .or(z.literal(''))
    .default('127.0.0.1:27612')
    .describe("statsd's management port; keep it on loopback, it can delete. Empty for none."),
  flushInterval: z
    .number()
    .positive()
    .default(10)
    .describe('Seconds between flushes; the step of the schema for ^stats.'),
  percentThreshold: z
    .array(z.number().min(-100).max(100))
    .default([90])
    .describe('Percentiles of timers; negative ones look at the largest values.'),
  histogram: z
    .array(z.strictObject({ metric: z.string(), bins: z.array(z.number().or(z.literal('inf'))) }))
    .default([])
    .describe('Bins for timers whose name contains `metric`; the first match counts.'),
  calculatedTimerMetrics: z
    .array(z.string())
    .default([])
    .describe('Only these statistics of timers (count, mean, upper_percent, …); empty for all.'),
  flushCounts: z
    .boolean()
    .default(true)
    .describe('Whether counters send a count besides the rate.'),
  ...namespace(),
  idleFlushes: z
    .int()
    .min(-1)
    .default(30)
    .describe('Flushes an idle counter, timer or set is still sent; 0 forgets at once, -1 never.'),
  gaugeIdleFlushes: z
    .int()
    .min(-1)
    .default(8640)
    .describe('The same for gauges; 8640 is a day of 10 s.'),
  keepGauges: z.boolean().default(true).describe('Whether gauges survive a restart.'),
  eventsUrl: z
    .string()
    .default('')
    .describe(
      'Where DogStatsD events go, e.g. http://127.0.0.1:27602/events; empty drops and counts them.',
    ),
  repeat: z
    .array(addressText())
    .default([])
    .describe('UDP addresses that get a copy of every packet.'),
  receiveBufferBytes: count(8 * 1024 * 1024, 'Asked of the kernel for the UDP socket.'),
  namesMax: count(200_000, 'Distinct names; what comes over it is dropped and counted.'),
  timerValuesMax: count(100_000, 'Values a timer keeps until the flush.'),
  setMembersMax: count(100_000, 'Members a set keeps until the flush.'),
  connectionsMax: count(500, 'TCP and unix connections at the same time.'),
});
