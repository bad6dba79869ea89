// A client as programs write it: one connection to the plaintext port, made anew when it ends, lines kept
// until they are handed over. Knows what it sent, so that a test can count what arrived.
import { connect, type Socket } from 'node:net';
import type { Installed } from './installed.ts';
import { render } from './instance.ts';

// Two seconds until a series has its next point, so no two share a second.
const seriesCount = 400;
const intervalMs = 5;
const reconnectMs = 100;

/** The storage rule for what it sends; to stand first. */
export const senderRule = '[load]\npattern = ^load\\.\nretentions = 1s:1h\n\n';

export interface Sender {
  /** How many connections it made. */
  readonly connections: number;
  /** The value of the next point. */
  next(): number;
  /** Stops when the last line is handed over; resolves to the number of points sent. */
  stop(): Promise<number>;
  /** The values it sent that cannot be read. */
  missing(instance: Installed): Promise<number[]>;
}

/** Sends up to 200 points a second, each with a value of its own, until stopped. */
export function startSender(port: number): Sender {
  const unsent = new Map<number, string>();
  let sent = 0;
  let connections = 0;
  let socket: Socket | undefined;
  let stopping = false;

  const write = (to: Socket, value: number, line: string): void => {
    to.write(line, (error) => {
      if (error === undefined || error === null) unsent.delete(value);
    });
  };
  const open = (): void => {
    const next = connect(port, '127.0.0.1');
    next.once('connect', () => {
      connections += 1;
      socket = next;
      for (const [value, line] of unsent) write(next, value, line);
    });
    next.on('error', () => {});
    next.once('end', () => {
      if (socket === next) socket = undefined;
    });
    next.once('close', () => {
      if (socket === next) socket = undefined;
      if (!stopping) setTimeout(open, reconnectMs);
    });
    next.resume();
  };
  open();
  const timer = setInterval(() => {
    const value = sent++;
    const line = `load.s${value % seriesCount} ${value} ${Math.floor(Date.now() / 1000)}\n`;
    unsent.set(value, line);
    if (socket !== undefined) write(socket, value, line);
  }, intervalMs);

  return {
    get connections() {
      return connections;
    },
    next: () => sent,
    stop: async () => {
      clearInterval(timer);
      while (unsent.size > 0) await new Promise((resolve) => setTimeout(resolve, intervalMs));
      stopping = true;
      await new Promise<void>((resolve) => {
        if (socket === undefined) return resolve();
        socket.once('close', () => resolve());
        socket.end();
      });
      return sent;
    },
    missing: async (instance) => {
      const series = await render(instance.port('carbonapi'), 'load.*', '-55min');
      const there = new Set(series.flatMap(({ datapoints }) => datapoints.map(([value]) => value)));
      return Array.from({ length: sent }, (_, value) => value).filter((value) => !there.has(value));
    },
  };
}
