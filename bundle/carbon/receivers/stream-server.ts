// The listening socket of a TCP receiver, plain or inside TLS: the limit of connections, handshakes
// that fail or take too long, certificates that are renewed while it runs.
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ListenAddress } from '../../core/listen-address.ts';
import type { Logger } from '../../core/log.ts';
import { explainListenError } from '../../core/service.ts';
import { followTls, loadTls, type TlsFiles } from '../../core/tls-files.ts';
import type { ReceiverCounters } from './ledger.ts';
import { readThroughBlock } from './shared-block.ts';

export interface StreamServerOptions {
  address: ListenAddress;
  /** Connections at a time, those in a handshake included. */
  connectionsMax: number;
  /** Certificates to listen with; without them, or with empty names, the stream is plain. */
  tls?: TlsFiles;
}

export interface StreamServer {
  address: ListenAddress;
  /** Takes no new connection; resolves when all are closed. */
  close(): Promise<void>;
  /** Cuts all connections, those in a handshake included. */
  cut(): void;
}

/**
 * Begins to read a connection: hands what arrives to `take`, which may use the bytes only until it
 * returns. Answers the connection's socket.
 */
export type BeginReading = (take: (chunk: Buffer) => void) => Socket;

const quietMs = 10_000;

/** Listens; `serve` is called for each connection that can be read. Resolves once the port answers. */
export async function startStreamServer(
  options: StreamServerOptions,
  counters: ReceiverCounters,
  log: Logger,
  serve: (begin: BeginReading) => void,
): Promise<StreamServer> {
  const tls = loadTls(options.tls);
  const sockets = new Set<Socket>();
  let stopFollowing = (): void => {};
  let server: Server;
  if (tls === undefined || options.tls === undefined)
    server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      serve((take) => readThroughBlock(socket, take)),
    );
  else {
    const secure = createTlsServer({ ...tls, allowHalfOpen: true }, (socket) =>
      serve((take) => socket.on('data', take)),
    );
    let saidAt = Number.NEGATIVE_INFINITY;
    secure.on('tlsClientError', (error, socket) => {
      counters.failedHandshakes++;
      socket.destroy();
      if (performance.now() - saidAt < quietMs) return;
      saidAt = performance.now();
      log.warn(`${counters.name}: a TLS handshake failed: ${error.message}`);
    });
    stopFollowing = followTls(options.tls, secure, log);
    server = secure;
  }
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.maxConnections = options.connectionsMax;
  server.on('drop', () => counters.refusedConnections++);
  const address = await listen(server, options.address, `carbon ${counters.name}`);
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        stopFollowing();
        server.close(() => resolve());
      }),
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listen(server: Server, address: ListenAddress, what: string): Promise<ListenAddress> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(explainListenError(error, what, `${host || '*'}:${port}`)),
    );
    server.listen({ port, backlog: 1024, ...(host === '' ? {} : { host }) }, () => {
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}
