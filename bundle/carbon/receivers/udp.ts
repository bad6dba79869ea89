// Plaintext over UDP. A line may be split over two datagrams of one peer; a last line without LF
// that is whole by itself counts as a line. What the kernel dropped is read from /proc/net/udp.
import { createSocket, type RemoteInfo } from 'node:dgram';
import type { ListenAddress } from '../../core/listen-address.ts';
import { explainListenError } from '../../core/service.ts';
import { readUdpDrops } from '../../core/udp-drops.ts';
import { PlaintextParser } from './plaintext-parser.ts';
import { drain, type Receiver, type ReceiverContext } from './receiver.ts';

export interface UdpOptions {
  address: ListenAddress;
  lineBytesMax: number;
  /** Asked of the kernel, which may grant less (net.core.rmem_max). */
  receiveBufferBytes: number;
}

export interface UdpReceiver extends Receiver {
  /** Datagrams the kernel dropped for lack of receive buffer since the socket was made. */
  kernelDrops(): Promise<number>;
}

const lineFeed = 0x0a;
// Halves of lines wait this long and this many at a time; the oldest goes first.
const fragmentMillisecondsMax = 5000;
const fragmentsMax = 1000;

interface Fragment {
  bytes: Buffer;
  at: number;
}

export async function startUdpReceiver(
  options: UdpOptions,
  context: ReceiverContext,
): Promise<UdpReceiver> {
  const { intake } = context;
  const counters = context.ledger.receiver('udp');
  const parser = new PlaintextParser(intake, counters, options.lineBytesMax);
  const fragments = new Map<string, Fragment>();

  const dropFragment = (peer: string): void => {
    fragments.delete(peer);
    counters.received++;
    counters.refuse('unterminated');
  };
  const receive = (datagram: Buffer, from: RemoteInfo): void => {
    take(datagram, from);
    void intake.flushJournal?.();
  };
  const take = (datagram: Buffer, from: RemoteInfo): void => {
    let bytes = datagram;
    if (fragments.size > 0) {
      const peer = `${from.address}:${from.port}`;
      const fragment = fragments.get(peer);
      if (fragment !== undefined) {
        fragments.delete(peer);
        bytes = Buffer.concat([fragment.bytes, datagram]);
      }
    }
    const limit = bytes.lastIndexOf(lineFeed) + 1;
    if (limit > 0) parser.parseLines(bytes, 0, limit);
    if (limit < bytes.length) keep(bytes.subarray(limit), from);
  };
  const keep = (rest: Buffer, from: RemoteInfo): void => {
    if (isWholeLine(rest)) {
      const line = Buffer.concat([rest, Buffer.of(lineFeed)]);
      parser.parseLines(line, 0, line.length);
      return;
    }
    if (rest.length > options.lineBytesMax) {
      counters.received++;
      counters.refuse('line-too-long');
      return;
    }
    const now = intake.clock();
    for (const [peer, { at }] of fragments) {
      if (fragments.size < fragmentsMax && now - at < fragmentMillisecondsMax) break;
      dropFragment(peer);
    }
    fragments.set(`${from.address}:${from.port}`, { bytes: Buffer.from(rest), at: now });
  };

  const { host, port } = options.address;
  const type = host.includes(':') || host === '' ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: options.receiveBufferBytes });
  socket.on('message', receive);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) =>
      reject(explainListenError(error, 'carbon udp', `${host || '*'}:${port}`)),
    );
    socket.bind({ port, ...(host === '' ? {} : { address: host }) }, () => resolve());
  });
  socket.removeAllListeners('error');
  socket.on('error', (error) => context.log.warn(`udp receiver: ${error.message}`));
  const bound = socket.address().port;
  return {
    address: { host, port: bound },
    counters,
    kernelDrops: () => readUdpDrops(bound),
    stop: async () => {
      await drain(() => counters.received);
      for (const peer of [...fragments.keys()]) dropFragment(peer);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

// A cut timestamp has fewer digits than today's ten.
const wholeLine = /^ *[^ ]+ [^ ]+ (?:\d{10}(?:\.\d*)?|-1)\s*$/;

function isWholeLine(bytes: Buffer): boolean {
  return bytes.length < 1024 && wholeLine.test(bytes.toString('latin1'));
}
