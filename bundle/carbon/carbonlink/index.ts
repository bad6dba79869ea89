// carbonlink: answers graphite-web's questions about points that are not on disk yet. Frames and
// requests: wire/carbonlink.ts. Writes nothing: set-metadata is answered with an error.
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, OperatingError } from '../../core/errors.ts';
import type { ListenAddress } from '../../core/listen-address.ts';
import type { Logger } from '../../core/log.ts';
import { explainListenError } from '../../core/service.ts';
import {
  type CarbonlinkRequest,
  carbonlinkRequestBytesMax,
  decodeCarbonlinkRequest,
  encodeCacheQueryAnswer,
  encodeCacheQueryBulkAnswer,
  encodeCarbonlinkAnswer,
} from '../../wire/carbonlink.ts';
import { FrameReader } from '../../wire/frame-reader.ts';
import { canonicalName } from '../metric-index/index.ts';
import type { MetricReader } from '../store.ts';

export interface CarbonlinkOptions {
  address: ListenAddress;
  reader: MetricReader;
  log: Logger;
  /** A connection that asks nothing for so long is closed. */
  idleTimeoutSeconds?: number;
  connectionsMax?: number;
}

export interface CarbonlinkStatistics {
  requests: number;
  /** Answered with an error. */
  errors: number;
  /** Closed because what came were not frames. */
  refused: number;
  connections: number;
}

export interface CarbonlinkService {
  address: ListenAddress;
  readonly statistics: CarbonlinkStatistics;
  stop(): Promise<void>;
}

/** Listens and serves; resolves once the port answers. */
export async function startCarbonlink(options: CarbonlinkOptions): Promise<CarbonlinkService> {
  const statistics: CarbonlinkStatistics = { requests: 0, errors: 0, refused: 0, connections: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    statistics.connections = sockets.size;
    socket.on('close', () => {
      sockets.delete(socket);
      statistics.connections = sockets.size;
    });
    serve(socket, options, statistics);
  });
  server.maxConnections = options.connectionsMax ?? 1000;
  await listen(server, options.address);
  const bound = server.address();
  const { host, port } = options.address;
  return {
    address: { host, port: typeof bound === 'object' && bound !== null ? bound.port : port },
    statistics,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(explainListenError(error, 'carbonlink', `${host || '*'}:${port}`)),
    );
    server.listen(port, host === '' ? undefined : host, resolve);
  });
}

function serve(
  socket: Socket,
  { reader, log, idleTimeoutSeconds = 30 }: CarbonlinkOptions,
  statistics: CarbonlinkStatistics,
): void {
  const frames = new FrameReader(carbonlinkRequestBytesMax);
  socket.setTimeout(idleTimeoutSeconds * 1000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    try {
      let taken = true;
      for (const frame of frames.push(piece)) {
        statistics.requests++;
        taken = socket.write(answer(frame, reader, statistics));
      }
      // Answers wait in memory until they are read, so a client that only asks has to wait.
      if (!taken) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    } catch (error) {
      statistics.refused++;
      log.warn(`carbonlink: connection closed: ${messageOf(error)}`, {
        peer: socket.remoteAddress,
      });
      socket.destroy();
    }
  });
}

/** The answer's frame; what cannot be answered is an error for the client, not for the connection. */
function answer(frame: Buffer, reader: MetricReader, statistics: CarbonlinkStatistics): Buffer {
  try {
    return answerRequest(decodeCarbonlinkRequest(frame), reader);
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    statistics.errors++;
    return encodeCarbonlinkAnswer({ error: error.message });
  }
}

function answerRequest(request: CarbonlinkRequest, reader: MetricReader): Buffer {
  switch (request.type) {
    case 'cache-query':
      return encodeCacheQueryAnswer(reader.cached(canonicalName(request.metric)));
    case 'cache-query-bulk':
      return encodeCacheQueryBulkAnswer(
        request.metrics.map((metric) => ({ metric, points: reader.cached(canonicalName(metric)) })),
      );
    case 'get-metadata':
      return encodeCarbonlinkAnswer({ value: metadata(request.metric, request.key, reader) });
    case 'set-metadata':
      throw new OperatingError(
        'read-only',
        'metadata is not changed over carbonlink: edit storage-aggregation.conf',
      );
  }
}

function metadata(metric: string, key: string, reader: MetricReader): string {
  if (key !== 'aggregationMethod')
    throw new OperatingError(
      'unknown-key',
      `unknown metadata key ${JSON.stringify(key.slice(0, 80))}: known is aggregationMethod`,
    );
  const info = reader.info(canonicalName(metric));
  if (info === undefined)
    throw new OperatingError(
      'no-metric',
      `no metric is called ${JSON.stringify(metric.slice(0, 200))}`,
    );
  return info.aggregationMethod;
}
