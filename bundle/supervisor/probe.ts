// Asks a service's door whether somebody answers: a TCP connection, or an HTTP answer below 500.
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '../core/errors.ts';

const politeEndMs = 1000;

export interface Probe {
  kind: 'tcp' | 'http' | 'https';
  host: string;
  port: number;
  path: string;
}

const kinds = ['tcp', 'http', 'https'] as const;

/** Reads `tcp://host:port` or `http[s]://host:port/path`; undefined when it is neither. */
export function parseProbe(text: string): Probe | undefined {
  const match = /^(tcp|https?):\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})(\/.*)?$/.exec(text);
  const kind = kinds.find((known) => known === match?.[1]);
  if (match === null || kind === undefined || Number(match[4]) > 65535) return undefined;
  return {
    kind,
    host: match[2] ?? match[3] ?? '',
    port: Number(match[4]),
    path: match[5] ?? '/',
  };
}

/** Resolves to undefined when the door answers, else to the reason why not. */
export function askDoor(probe: Probe, timeoutMs: number): Promise<string | undefined> {
  const { host, port, path } = probe;
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (error: unknown): void =>
      resolve(signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error));
    if (probe.kind === 'tcp') {
      const socket = connect({ host, port });
      const giveUp = (): void => {
        socket.destroy();
        failed(undefined);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      socket.once('connect', () => {
        signal.removeEventListener('abort', giveUp);
        // A polite end: the service shall not count a broken connection.
        socket.end();
        socket.setTimeout(politeEndMs, () => socket.destroy());
        socket.resume();
        resolve(undefined);
      });
      socket.once('error', failed);
      return;
    }
    const ask = probe.kind === 'https' ? getSecurely : get;
    // Whether somebody answers is asked, not who it is.
    const options = { host, port, path, signal, agent: false, rejectUnauthorized: false };
    const request = ask(options, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status < 500 ? undefined : `HTTP status ${status}`);
    });
    request.once('error', failed);
  });
}
