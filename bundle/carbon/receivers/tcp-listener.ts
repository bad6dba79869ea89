// What all TCP receivers share: listening, the limit of connections, the idle timeout, the pauses
// of back-pressure, and an orderly stop. What the bytes mean is the reader's matter.
import { createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../../core/listen-address.ts';
import { explainListenError } from '../../core/service.ts';
import type { ReceiverCounters } from './ledger.ts';
import { drain, type Receiver, type ReceiverContext } from './receiver.ts';

/** Reads one connection. */
export interface StreamReader {
  /**
   * Takes the next bytes, which may be reused afterwards. Returns 'refuse' to close the connection
   * at once, as what comes can no longer be understood.
   */
  push(chunk: Uint8Array): 'refuse' | undefined;
  /** The peer has sent everything. */
  end(): void;
}

export interface TcpOptions {
  address: ListenAddress;
  connectionsMax: number;
  idleTimeoutSeconds: number;
}

// A stop while back-pressure holds chunks waits up to ten seconds for the cache to take them.
const heldWaitMilliseconds = 20;
const heldWaitsMax = 500;

/** Listens and reads until stopped; resolves once the port answers. */
export async function startTcpListener(
  options: TcpOptions,
  counters: ReceiverCounters,
  context: ReceiverContext,
  createReader: () => StreamReader,
): Promise<Receiver> {
  const { gate, intake } = context;
  const sockets = new Set<Socket>();
  let heldChunks = 0;
  const serve = (socket: Socket): void => {
    const reader = createReader();
    let hasEnded = false;
    let held: Uint8Array | undefined;
    sockets.add(socket);
    counters.active++;
    const take = (chunk: Uint8Array): void => {
      if (reader.push(chunk) === 'refuse') {
        socket.destroy();
        return;
      }
      gate.check();
      if (intake.flushJournal === undefined) return;
      socket.pause();
      void intake.flushJournal().then(() => {
        if (gate.isOpen) socket.resume();
        else gate.whenOpen(() => socket.resume());
      });
    };
    socket.on('data', (chunk: Buffer) => {
      if (gate.isOpen) {
        take(chunk);
        return;
      }
      socket.pause();
      held = chunk;
      heldChunks++;
      gate.whenOpen(() => {
        held = undefined;
        heldChunks--;
        take(chunk);
        if (hasEnded) finish();
        else if (intake.flushJournal === undefined) socket.resume();
      });
    });
    // Our half is closed only when all that came before the peer's is consumed, and safe.
    const finish = (): void => {
      if (held !== undefined) return;
      reader.end();
      if (intake.flushJournal === undefined) socket.end();
      else void intake.flushJournal().then(() => socket.end());
    };
    socket.on('end', () => {
      hasEnded = true;
      finish();
    });
    socket.on('timeout', () => {
      // Not when it is we who do not read.
      if (gate.isOpen && held === undefined) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (!hasEnded) {
        hasEnded = true;
        if (held === undefined) reader.end();
      }
      sockets.delete(socket);
      counters.active--;
    });
    socket.setTimeout(options.idleTimeoutSeconds * 1000);
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (sockets.size >= options.connectionsMax) {
      counters.refusedConnections++;
      socket.destroy();
      return;
    }
    serve(socket);
  });
  const address = await listen(server, options.address, `carbon ${counters.name}`);
  return {
    address,
    counters,
    stop: async () => {
      await drain(() => counters.received);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await drain(() => counters.received);
      for (let k = 0; heldChunks > 0 && k < heldWaitsMax; k++)
        await new Promise((resolve) => setTimeout(resolve, heldWaitMilliseconds));
      for (const socket of sockets) socket.destroy();
      await closed;
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
