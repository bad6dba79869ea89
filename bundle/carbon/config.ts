// conf/carbon.yml: every key of carbon with its default, its unit and what it does.
import { addressText, z } from '../core/config.ts';
import { tlsSchema } from '../core/tls-files.ts';
import { portOf } from '../services.ts';
import { writeStrategies } from './persister/write-strategy.ts';

const basePort = 27600;
const loopback = (name: Parameters<typeof portOf>[0]): string =>
  `127.0.0.1:${portOf(name, basePort)}`;
const everywhere = (name: Parameters<typeof portOf>[0]): string =>
  `0.0.0.0:${portOf(name, basePort)}`;

const mebibyte = 2 ** 20;
const count = () => z.number().int().min(0);
const positive = () => z.number().int().min(1);
const seconds = () => z.number().min(0);

const streamKeys = {
  connectionsMax: positive().default(10_000).describe('Connections at a time; more are refused.'),
  idleTimeoutSeconds: seconds()
    .default(600)
    .describe('A TCP connection that sends nothing for so long is closed.'),
  tls: tlsSchema.describe(
    'TLS on its TCP port; renewed files are used without a restart. UDP knows none: see udp.',
  ),
};

const frameBytesMax = () =>
  positive()
    .max(256 * mebibyte)
    .default(64 * mebibyte)
    .describe('A longer frame is refused before any memory is taken, and its connection closed.');

export const carbonConfig = z.strictObject({
  plaintext: z
    .strictObject({
      listen: addressText().default(everywhere('plaintext')).describe('Address of TCP and UDP.'),
      tcp: z.boolean().default(true).describe('Receive over TCP.'),
      udp: z.boolean().default(true).describe('Receive over UDP.'),
      lineBytesMax: positive().default(16_384).describe('Longer lines are refused and skipped.'),
      udpReceiveBufferBytes: positive()
        .default(4 * mebibyte)
        .describe('Asked of the kernel, which grants at most net.core.rmem_max.'),
      ...streamKeys,
    })
    .prefault({})
    .describe('Graphite plaintext: "name value time" lines.'),
  pickle: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Receive Python pickles over TCP.'),
      listen: addressText().default(loopback('pickle')),
      frameBytesMax: frameBytesMax(),
      ...streamKeys,
    })
    .prefault({}),
  protobuf: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Receive carbon protobuf frames over TCP.'),
      listen: addressText().default(loopback('protobuf')),
      frameBytesMax: frameBytesMax(),
      ...streamKeys,
    })
    .prefault({}),
  http: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe(
          'Receive by HTTP POST: plaintext, application/python-pickle, application/protobuf.',
        ),
      listen: addressText().default(loopback('httpReceiver')),
      bodyBytesMax: frameBytesMax(),
      connectionsMax: positive().default(1000).describe('Connections at a time.'),
      tls: tlsSchema.describe('HTTPS instead of HTTP.'),
    })
    .prefault({}),
  carbonserver: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Answer find, render and info over HTTP.'),
      listen: addressText().default(loopback('carbonserver')),
      findMatchesMax: positive()
        .default(100_000)
        .describe('Nodes one query may match; more is an error, never a cut answer.'),
      renderSeriesMax: positive()
        .default(50_000)
        .describe('Series one request may fetch; more is an error.'),
      queriesMax: positive().default(10_000).describe('Queries or targets in one request.'),
    })
    .prefault({})
    .describe('The reading side, for carbonapi and graphite-web.'),
  carbonlink: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Answer cache queries of graphite-web (CARBONLINK_HOSTS).'),
      listen: addressText().default(loopback('carbonlink')),
      idleTimeoutSeconds: seconds().default(30),
    })
    .prefault({}),
  storage: z
    .strictObject({
      directory: z
        .string()
        .default('storage/whisper')
        .describe('Whisper files, in graphite’s layout.'),
      schemas: z
        .string()
        .default('conf/storage-schemas.conf')
        .describe('Retention by name, in graphite’s syntax.'),
      aggregation: z
        .string()
        .default('conf/storage-aggregation.conf')
        .describe('Roll-up by name, in graphite’s syntax; may be missing.'),
      newSeriesRules: z
        .string()
        .default('conf/new-series.conf')
        .describe('Names that may always, or never, become series; may be missing.'),
      refusedSeries: z
        .string()
        .default('storage/refused-series.json')
        .describe('Where carbon lists the new series it refused: dkmadmin metric refused.'),
      hashTaggedNames: z
        .boolean()
        .default(true)
        .describe('File names of tagged series are hashes, as graphite does by default.'),
      index: z
        .string()
        .default('storage/index')
        .describe('Where the index of names is kept over restarts.'),
    })
    .prefault({}),
  cache: z
    .strictObject({
      bytesMax: positive()
        .min(4 * mebibyte)
        .max(48 * 1024 * mebibyte)
        .default(256 * mebibyte)
        .describe(
          'Memory for points that are not on disk yet, 16 bytes each. When full, TCP waits.',
        ),
    })
    .prefault({}),
  journal: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Keep accepted points safe from a crash.'),
      directory: z.string().default('storage/journal'),
      intervalSeconds: seconds()
        .max(60)
        .default(1)
        .describe(
          'A crash loses at most this much; 0 = written before the next read of a connection.',
        ),
      sync: z
        .boolean()
        .default(false)
        .describe('Wait for the disk after each write: safe from the machine’s death as well.'),
      segmentBytes: positive()
        .min(mebibyte)
        .default(32 * mebibyte)
        .describe('Size of one journal file.'),
      bytesMax: positive()
        .min(8 * mebibyte)
        .default(2048 * mebibyte)
        .describe('Beyond this what is pending is written anew and the rest deleted.'),
    })
    .prefault({}),
  persister: z
    .strictObject({
      strategy: z
        .enum(writeStrategies)
        .default('max')
        .describe(
          'Order of writing: max (most points first), sorted (by name), noop (as they came).',
        ),
      intervalSeconds: seconds()
        .max(3600)
        .default(1)
        .describe(
          'Rest between two rounds over all series with new points. Longer = fewer writes.',
        ),
      updatesPerSecond: count().default(0).describe('File updates a second; 0 = no limit.'),
      createsPerMinute: count().default(0).describe('New files a minute; 0 = no limit.'),
      newSeriesPerPrefix: count()
        .default(2_000_000)
        .describe(
          'New series each first node of a name may begin, at once or over a day; more are refused and listed. 0 = no limit.',
        ),
      sparse: z
        .boolean()
        .default(false)
        .describe('Make files with holes: faster, but an update may find the disk full.'),
      openFilesMax: count()
        .default(0)
        .describe('Files kept open for writing; 0 = three fifths of the process’ limit.'),
      freeBytesMin: count()
        .default(100 * mebibyte)
        .describe(
          'With less free space no file is created; existing series go on. 0 = do not look.',
        ),
      freeInodesMin: count().default(1000).describe('The same for inodes.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      nameBytesMax: positive().max(3500).default(1024).describe('Longer names are refused.'),
      seriesMax: positive()
        .max(30_000_000)
        .default(10_000_000)
        .describe(
          'Series carbon keeps in mind, about 141 bytes each with their place in the index.',
        ),
      futureSeconds: count()
        .default(86_400)
        .describe('Points further ahead of this machine’s clock are refused.'),
    })
    .prefault({}),
  selfMetrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Store carbon’s own counters.'),
      prefix: z
        .string()
        .default('carbon.agents.{host}')
        .describe('Where; {host} is this host’s name with _ for dots.'),
      intervalSeconds: count()
        .default(0)
        .describe('How often; 0 = as often as their storage schema has a slot.'),
    })
    .prefault({}),
  log: z
    .strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') })
    .prefault({}),
});

export type CarbonConfig = z.output<typeof carbonConfig>;
