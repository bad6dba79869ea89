// Sends an answer too large to be held at once: in pieces, at the pace of the client, with turns for
// others between them.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { constants, createGzip } from 'node:zlib';
import type { HttpAnswer, HttpRequest } from '../../core/http.ts';
import { abortReason } from '../serving/abort.ts';
import type { Turns } from '../serving/turn.ts';

/** A client that takes nothing for so long is dropped; what it was to get takes memory. */
const stalledMs = 60_000;

export type Chunks = Iterator<string | Uint8Array>;

export interface Gathered {
  parts: Uint8Array[];
  /** Whether that is the whole answer; else `chunks` has more. */
  complete: boolean;
}

/** Takes pieces until the answer is complete or has `bytesMax`. */
export async function gather(chunks: Chunks, bytesMax: number, turns: Turns): Promise<Gathered> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (let next = chunks.next(); !next.done; next = chunks.next()) {
    const part = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    parts.push(part);
    bytes += part.length;
    if (bytes >= bytesMax) return { parts, complete: false };
    const pause = turns.pause();
    if (pause !== undefined) await pause;
  }
  return { parts, complete: true };
}

export const bytesOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((bytes, part) => bytes + part.length, 0);

const acceptsGzip = (request: HttpRequest): boolean =>
  /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));

/** Sends a whole answer; several pieces go out as they are, unless they have to be compressed. */
export function sendParts(
  request: HttpRequest,
  response: ServerResponse,
  headers: Record<string, string>,
  parts: readonly Uint8Array[],
): HttpAnswer | undefined {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { headers, body: only };
  if (acceptsGzip(request) || request.method === 'HEAD')
    return { headers, body: Buffer.concat(parts) };
  response.writeHead(200, { ...headers, 'content-length': String(bytesOf(parts)) });
  for (const part of parts) response.write(part);
  response.end();
  return undefined;
}

/**
 * Sends `chunks` as they are made. Beyond `bytesMax` the connection is cut, as a client cannot be told
 * in any other way by then.
 */
export async function streamAnswer(
  request: HttpRequest,
  response: ServerResponse,
  answer: { headers: Record<string, string>; chunks: Chunks },
  limits: { bytesMax: number; turns: Turns },
): Promise<void> {
  const isPacked = acceptsGzip(request);
  const headers = { ...answer.headers, vary: 'Accept-Encoding' };
  response.writeHead(200, isPacked ? { ...headers, 'content-encoding': 'gzip' } : headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const packer = isPacked ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined;
  packer?.pipe(response);
  const sink = packer ?? response;
  let bytes = 0;
  const send = async (part: string | Uint8Array): Promise<void> => {
    bytes += part.length;
    if (bytes > limits.bytesMax) throw new Error('the answer is larger than limits.answerBytes');
    if (!sink.write(part)) {
      const stalled = AbortSignal.timeout(stalledMs);
      await once(sink, 'drain', { signal: AbortSignal.any([request.signal, stalled]) });
    }
    await limits.turns.pause();
    if (request.signal.aborted) throw abortReason(request.signal);
  };
  try {
    for (let next = answer.chunks.next(); !next.done; next = answer.chunks.next())
      await send(next.value);
    sink.end();
  } catch (error) {
    packer?.destroy();
    response.destroy();
    throw error;
  }
}
