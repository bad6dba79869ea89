// TCP, plain or inside TLS.
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Carrier, CarrierEvents, CarrierOptions, Connection } from './output.ts';

const connectMs = 10_000;
const keepAliveMs = 30_000;
// A server that refuses our certificate says so only after our side has finished the handshake (TLS 1.3).
const refusalMs = 1000;

function openSocket({ host, port, tls }: CarrierOptions, secure: boolean): Socket {
  if (!secure) return connectTcp({ host, port });
  const read = (file: string): Buffer | undefined => (file === '' ? undefined : readFileSync(file));
  const ca = read(tls.ca);
  const cert = read(tls.certificate);
  const key = read(tls.key);
  const name = tls.serverName || host;
  // Loaded only where it is used: it costs 4 MB of memory.
  return process.getBuiltinModule('node:tls').connect({
    host,
    port,
    servername: isIP(name) === 0 ? name : '', // an address is no name to ask for
    rejectUnauthorized: tls.verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
}

function manage(
  socket: Socket,
  options: { secure: boolean; hasCertificate: boolean },
  events: CarrierEvents,
): Connection {
  let reason = 'the server closed the connection';
  let timer = setTimeout(() => {
    reason = `no connection within ${connectMs} ms`;
    socket.destroy();
  }, connectMs);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  socket.on(options.secure ? 'secureConnect' : 'connect', () => {
    clearTimeout(timer);
    if (options.hasCertificate) timer = setTimeout(events.onOpen, refusalMs);
    else events.onOpen();
  });
  socket.on('drain', events.onDrain);
  socket.on('error', (error) => {
    reason = messageOf(error);
  });
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(timer);
    events.onClose(reason);
  });
  socket.resume(); // nothing is expected, but an end must be seen
  return {
    write: (bytes) => void socket.write(bytes),
    pendingBytes: () => socket.writableLength,
    close: (deadlineMs) =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        const deadline = setTimeout(() => socket.destroy(), deadlineMs);
        socket.once('close', () => {
          clearTimeout(deadline);
          resolve();
        });
        reason = 'closed by this side';
        if (socket.connecting) socket.destroy();
        else socket.end(() => socket.destroy());
      }),
  };
}

function createCarrier(protocol: string, secure: boolean): Carrier {
  return {
    protocol,
    isStream: true,
    connect: (options, events) => {
      const hasCertificate = secure && options.tls.certificate !== '';
      return manage(openSocket(options, secure), { secure, hasCertificate }, events);
    },
  };
}

export const tcp: Carrier = createCarrier('tcp', false);
export const tls: Carrier = createCarrier('tls', true);
