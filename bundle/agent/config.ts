// conf/agent.yml: every key with its default, unit and meaning.
import { z } from '../core/config.ts';
import { inputs } from './inputs/index.ts';
import { type NamingOptions, namingSchema } from './naming.ts';
import { plugins } from './plugins/index.ts';

// An output may override single naming options, so none of them has a default there.
const namingOverrides = () =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(namingSchema().shape).map(([key, schema]) => [
        key,
        schema.unwrap().optional(),
      ]),
    ),
  ) as unknown as z.ZodType<Partial<NamingOptions>>;

export const outputSchema = () =>
  z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('Name or address of the Graphite server.'),
      port: z.number().int().min(1).max(65535).default(2003).describe('Its port.'),
      protocol: z
        .enum(['tcp', 'tls', 'udp'])
        .default('tcp')
        .describe('tcp, tls (TCP inside TLS) or udp.'),
      format: z
        .enum(['plaintext', 'pickle'])
        .default('plaintext')
        .describe("Lines, or carbon's pickle frames (to its pickle port)."),
      enabled: z.boolean().default(true).describe('false keeps the entry but sends nothing there.'),
      tls: z
        .strictObject({
          ca: z
            .string()
            .default('')
            .describe('PEM file of the authority to trust; empty: the usual.'),
          certificate: z.string().default('').describe('PEM file of our own certificate, if any.'),
          key: z.string().default('').describe('PEM file of its key.'),
          serverName: z
            .string()
            .default('')
            .describe('Name in the server certificate; empty: host.'),
          verify: z.boolean().default(true).describe('false accepts any certificate.'),
        })
        .prefault({})
        .describe('For protocol tls.'),
      bufferBytesMax: z
        .number()
        .int()
        .min(4096)
        .default(8 * 1024 * 1024)
        .describe('Bytes kept in memory while the server is away and the spool is off or full.'),
      naming: namingOverrides().optional().describe('Naming options that differ for this output.'),
    })
    .superRefine((output, context) => {
      if (output.format === 'pickle' && output.protocol === 'udp')
        context.addIssue({ code: 'custom', path: ['format'], message: 'pickle needs tcp or tls' });
    });

export type OutputConfig = z.output<ReturnType<typeof outputSchema>>;

const byName = <T extends { name: string; options: z.ZodObject; summary: string }>(
  parts: readonly T[],
) =>
  Object.fromEntries(
    parts.map(({ name, options, summary }) => [name, options.prefault({}).describe(`${summary}.`)]),
  );

/** The whole file; made anew at each call, see plugins/plugin.ts. */
export const configSchema = () =>
  z.strictObject({
    hostname: z
      .string()
      .default('')
      .describe(
        'Name of this host in metric names, as it is to stand there (com.example.db1).\n' +
          "Empty: the machine's name with its labels reversed.",
      ),
    interval: z
      .number()
      .min(1)
      .max(86_400)
      .default(10)
      .describe('Seconds between collections; the finest step of the store should be the same.'),
    naming: namingSchema().prefault({}).describe("How names are built, by write_graphite's rules."),
    outputs: z
      .array(outputSchema())
      .default([outputSchema().parse({})])
      .describe('Graphite servers; each gets everything.'),
    spool: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Keep points on disk while a server is away.'),
        directory: z.string().default('storage/agent/spool').describe('Where.'),
        bytesMax: z
          .number()
          .int()
          .min(65_536)
          .default(256 * 1024 * 1024)
          .describe('Bytes for each output; when full the oldest are dropped and counted.'),
        segmentBytes: z
          .number()
          .int()
          .min(4096)
          .default(1024 * 1024)
          .describe('Bytes of one file, the unit in which the oldest are dropped.'),
        ageSecondsMax: z
          .number()
          .int()
          .min(0)
          .default(7 * 86_400)
          .describe('Older points are dropped and counted; 0 keeps them however old.'),
        freeBytesMin: z
          .number()
          .int()
          .min(0)
          .default(64 * 1024 * 1024)
          .describe('Bytes the spool always leaves free on its disk.'),
        replayPointsPerSecond: z
          .number()
          .int()
          .min(1)
          .default(20_000)
          .describe('How fast the spool is sent once the server is back.'),
      })
      .prefault({})
      .describe('Disk queue for outputs over tcp and tls.'),
    reconnect: z
      .strictObject({
        minMilliseconds: z.number().int().min(10).default(500).describe('First pause.'),
        maxMilliseconds: z.number().int().min(10).default(15_000).describe('Longest pause.'),
      })
      .prefault({})
      .describe('Pauses between attempts to connect: doubled each time, shortened at random.'),
    hostDirectories: z
      .strictObject({
        proc: z.string().default('/proc').describe("Where the host's /proc is."),
        sys: z.string().default('/sys').describe("Where the host's /sys is."),
        root: z.string().default('/').describe("Where the host's / is, for file systems."),
      })
      .prefault({})
      .describe('For an agent in a container that tells of its host (mounted e.g. below /host).'),
    dropIns: z
      .strictObject({
        directory: z
          .string()
          .default('conf/agent.d')
          .describe('Files *.yml here add to this one: plugins, inputs, outputs. Empty: none.'),
        collectdDirectory: z
          .string()
          .default('conf/collectd.d')
          .describe("Files *.conf here are read in collectd's own syntax. Empty: none."),
      })
      .prefault({})
      .describe('Both are looked at before every collection.'),
    typesDb: z
      .array(z.string())
      .default([])
      .describe("Further types.db files in collectd's syntax."),
    plugins: z
      .strictObject(byName(plugins))
      .prefault({})
      .describe('Collectors. `enabled: false` stops one; `interval` is in seconds.'),
    inputs: z.strictObject(byName(inputs)).prefault({}).describe('Inputs; all are off by default.'),
  });

export type AgentConfig = z.output<ReturnType<typeof configSchema>>;
