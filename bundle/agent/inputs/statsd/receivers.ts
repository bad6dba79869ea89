// The doors of StatsD: UDP datagrams, TCP and unix streams of lines. They own sockets and limits.
import { createSocket, type Socket } from 'node:dgram';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket as StreamSocket } from 'node:net';
import { formatListenAddress, type ListenAddress } from '../../../core/listen-address.ts';
import { explainListenError } from '../../../core/service.ts';

/** Takes a datagram or whole lines; `bytes` is valid during the call. */
export type TakePacket = (bytes: Buffer) => void;

export interface Door {
  /** The port in use; 0 for a unix socket. */
  port: number;
  stop(): Promise<void>;
}

const unterminatedBytesMax = 64 * 1024;
const idleMs = 600_000;

export async function openUdp(
  { host, port }: ListenAddress,
  receiveBufferBytes: number,
  take: TakePacket,
): Promise<Door> {
  const type = host === '' || host.includes(':') ? 'udp6' : 'udp4';
  const socket: Socket = createSocket({ type, recvBufferSize: receiveBufferBytes });
  socket.on('message', (bytes) => take(bytes));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) =>
      reject(explainListenError(error, 'StatsD UDP', formatListenAddress({ host, port }))),
    );
    socket.bind(host === '' ? { port } : { port, address: host }, resolve);
  });
  return {
    port: socket.address().port,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Gives whole lines of one connection to `take`; a line without end is dropped at a bound. */
function followLines(socket: StreamSocket, take: TakePacket, tooLong: () => void): void {
  let rest = Buffer.alloc(0);
  let isSkipping = false;
  socket.on('data', (chunk: Buffer) => {
    let end = chunk.lastIndexOf(10);
    let from = 0;
    if (isSkipping) {
      const first = chunk.indexOf(10);
      if (first < 0) return;
      isSkipping = false;
      from = first + 1;
    }
    if (end >= from) {
      const bytes =
        rest.length > 0
          ? Buffer.concat([rest, chunk.subarray(from, end)])
          : chunk.subarray(from, end);
      take(bytes);
      rest = Buffer.alloc(0);
    } else end = from - 1;
    const tail = chunk.subarray(end + 1);
    if (rest.length + tail.length > unterminatedBytesMax) {
      tooLong();
      rest = Buffer.alloc(0);
      isSkipping = true;
    } else if (tail.length > 0) rest = Buffer.concat([rest, tail]);
  });
  socket.on('end', () => {
    if (rest.length > 0) take(rest);
  });
}

/** Listens on an address, or on a unix socket when `where` is a path. */
export async function openStream(
  where: ListenAddress | string,
  connectionsMax: number,
  take: TakePacket,
  tooLong: () => void,
): Promise<Door> {
  const sockets = new Set<StreamSocket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    followLines(socket, take, tooLong);
  });
  server.maxConnections = connectionsMax;
  const isPath = typeof where === 'string';
  if (isPath) rmSync(where, { force: true });
  await new Promise<void>((resolve, reject) => {
    const name = isPath ? where : formatListenAddress(where);
    server.once('error', (error) => reject(explainListenError(error, 'StatsD', name)));
    if (isPath) server.listen(where, resolve);
    else server.listen(where.port, where.host === '' ? undefined : where.host, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
