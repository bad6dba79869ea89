// UDP: whole lines packed into datagrams that fit an Ethernet frame. Nobody tells what is lost.
import { isIPv6 } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Carrier } from './output.ts';

const datagramBytesMax = 1432;
const newline = 0x0a;

/** Cuts `bytes` (whole lines) into datagrams of whole lines; a longer line goes alone. */
export function splitLines(bytes: Uint8Array, bytesMax = datagramBytesMax): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  let from = 0;
  let end = 0; // end of the last whole line that still fits
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) {
    if (at + 1 - from > bytesMax && end > from) {
      datagrams.push(bytes.subarray(from, end));
      from = end;
    }
    end = at + 1;
  }
  if (end > from) datagrams.push(bytes.subarray(from, end));
  return datagrams;
}

export const udp: Carrier = {
  protocol: 'udp',
  isStream: false,
  connect: ({ host, port }, events) => {
    // Loaded only where it is used.
    const { createSocket } = process.getBuiltinModule('node:dgram');
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let isOpen = false;
    let isClosed = false;
    let pending = 0;
    const shut = (reason: string): void => {
      if (isClosed) return;
      isClosed = true;
      socket.close();
      events.onClose(reason);
    };
    // Once open, an error says that nobody listens there now; the next datagram may find somebody.
    socket.on('error', (error) => {
      if (!isOpen) shut(messageOf(error));
    });
    socket.connect(port, host, (error?: Error) => {
      if (error !== undefined) return shut(messageOf(error));
      isOpen = true;
      events.onOpen();
    });
    return {
      write: (bytes) => {
        for (const datagram of splitLines(bytes)) {
          pending += datagram.length;
          socket.send(datagram, () => {
            pending -= datagram.length;
            if (pending === 0 && !isClosed) events.onDrain();
          });
        }
      },
      pendingBytes: () => pending,
      close: async () => shut('closed by this side'),
    };
  },
};
