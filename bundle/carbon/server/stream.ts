// Sends an answer piece by piece: made in slices so that other requests are served in between, no
// faster than the client reads, and given up when the client is gone.
import type { ServerResponse } from 'node:http';
import { OperatingError } from '../../core/errors.ts';
import type { HttpRequest } from '../../core/http.ts';

const sliceMillisecondsMax = 2;
const chunkBytesMin = 128 * 1024;
/** A client that takes nothing for this long is dropped. */
const stalledMillisecondsMax = 60_000;

/**
 * Writes everything that `pieces` yields; empty pieces are welcome as places to pause. What the
 * generator throws before the first chunk is sent reaches the caller, who can still answer with a
 * status. A small answer goes out with its length, a large one chunked.
 */
export async function sendPieces(
  request: HttpRequest,
  response: ServerResponse,
  contentType: string,
  pieces: Generator<Uint8Array, void>,
): Promise<undefined> {
  const headers: Record<string, string | number> = { 'content-type': contentType };
  for (;;) {
    const { chunk, done } = takeChunk(pieces);
    if (done) {
      if (!response.headersSent)
        response.writeHead(200, { ...headers, 'content-length': chunk.length });
      response.end(request.method === 'HEAD' ? undefined : chunk);
      return;
    }
    if (!response.headersSent) response.writeHead(200, headers);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    if (chunk.length > 0) response.write(chunk);
    // Also when the client reads as fast as we write: "drain" may come without a turn of the loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (response.writableNeedDrain) await drained(response, request.signal);
    if (request.signal.aborted) {
      pieces.return();
      response.destroy();
      return;
    }
  }
}

function takeChunk(pieces: Generator<Uint8Array, void>): { chunk: Uint8Array; done: boolean } {
  const sliceEnd = performance.now() + sliceMillisecondsMax;
  const taken: Uint8Array[] = [];
  let bytes = 0;
  do {
    const step = pieces.next();
    if (step.done === true) return { chunk: joined(taken, bytes), done: true };
    if (step.value.length === 0) continue;
    taken.push(step.value);
    bytes += step.value.length;
  } while (bytes < chunkBytesMin && performance.now() < sliceEnd);
  return { chunk: joined(taken, bytes), done: false };
}

const joined = (pieces: Uint8Array[], bytes: number): Uint8Array =>
  pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, bytes);

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      signal.removeEventListener('abort', onDrain);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onDrain = (): void => finish();
    const timer = setTimeout(
      () => finish(new OperatingError('client-stalled', 'the client does not read its answer')),
      stalledMillisecondsMax,
    );
    response.on('drain', onDrain);
    signal.addEventListener('abort', onDrain);
    if (signal.aborted) finish();
  });
}
