// Configuration of carbonapi: conf/carbonapi.yml.
import { addressText, z } from '../core/config.ts';
import { tlsSchema } from '../core/tls-files.ts';
import { storeProtocols } from './backends/index.ts';

const positive = (text: string, value: number) => z.int().positive().default(value).describe(text);

const storeUrl = () =>
  z.string().regex(/^https?:\/\//, 'must be a URL like http://127.0.0.1:27603');

const limits = z
  .strictObject({
    series: positive('series one request may read', 20_000),
    points: positive('points one request may read, 8 bytes each', 30_000_000),
    pointsAtOnce: positive(
      'points all requests together may hold; further ones get 429',
      60_000_000,
    ),
    timeSeconds: positive('seconds one request may take', 60),
    depth: positive('how deep calls may be nested', 64),
    targets: positive('targets of one request', 1000),
    targetCharacters: positive('characters of one target', 200_000),
    answerBytes: positive('bytes of one answer, before compression', 256 * 1024 * 1024),
    concurrent: positive('renders evaluated at the same time; further ones wait', 16),
    waiting: positive('renders that may wait; further ones are refused (429)', 200),
    perClient: positive('renders of one client address at the same time; further ones wait', 12),
  })
  .prefault({})
  .describe(
    'What one request and one client may use; beyond it they are answered with a 4xx text.',
  );

export const carbonapiConfig = z.strictObject({
  listen: addressText().default('0.0.0.0:27602').describe('host:port of the Graphite API'),
  tls: tlsSchema.describe('HTTPS instead of HTTP; renewed files are used without a restart.'),
  tokens: z
    .string()
    .default('')
    .describe('file of access tokens, see `dkmadmin token`; empty: everybody may do everything'),
  backends: z
    .array(
      z
        .union([storeUrl(), z.strictObject({ url: storeUrl(), protocol: z.enum(storeProtocols) })])
        .transform((store) =>
          typeof store === 'string' ? { url: store, protocol: 'carbonapi_v3_pb' as const } : store,
        ),
    )
    .min(1)
    .prefault(['http://127.0.0.1:27603'])
    .describe(
      'stores to read from, merged point by point: URLs of carbonservers, or {url, protocol} for one\n' +
        `that speaks another of ${storeProtocols.join(', ')}`,
    ),
  backend: z
    .strictObject({
      timeoutMs: positive('milliseconds a store may take for one answer', 30_000),
      retries: z
        .int()
        .min(0)
        .max(5)
        .default(1)
        .describe('further tries when a store fails at once'),
      connections: positive('connections kept to each store', 32),
      answerBytes: positive('bytes of one answer of a store', 512 * 1024 * 1024),
    })
    .prefault({})
    .describe('How stores are asked.'),
  timeZone: z
    .string()
    .default('UTC')
    .describe('IANA time zone in which dates are read when a request has none'),
  limits,
  cache: z
    .strictObject({
      renderBytes: z
        .int()
        .min(0)
        .default(32 * 1024 * 1024)
        .describe('bytes of kept render answers; 0 keeps none'),
      renderMs: positive('milliseconds a render answer is kept; an empty one is not', 500),
      findBytes: z
        .int()
        .min(0)
        .default(8 * 1024 * 1024)
        .describe('bytes of kept find answers; 0 keeps none'),
      findMs: positive('milliseconds a find answer is kept; an empty one is not', 500),
    })
    .prefault({})
    .describe('Answers kept for requests that are repeated, by several panels or viewers.'),
  events: z
    .string()
    .default('storage/events.db')
    .describe('file of the event store (SQLite), relative to the instance directory'),
  cors: z
    .array(z.string())
    .default([])
    .describe('origins that browsers may call from, "*" for all; none by default'),
  jsonp: z
    .boolean()
    .default(true)
    .describe('answer JSONP when asked; only for callbacks that are plain names'),
  requestLog: z.boolean().default(false).describe('log every request'),
  slowQueryMs: positive('log a render that takes longer, in milliseconds', 2000),
  bodyBytes: positive('bytes of a request body', 8 * 1024 * 1024),
  connections: positive('client connections', 1000),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('least severe log line written'),
});

export type CarbonapiConfig = z.output<typeof carbonapiConfig>;
