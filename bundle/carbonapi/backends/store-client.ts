// HTTP to one store: a few kept connections, a deadline, another try when a connection breaks early.
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import { abortReason } from '../serving/abort.ts';
import {
  type BodySink,
  type ConnectionAddress,
  type ConnectionAnswer,
  HttpConnection,
} from './http-connection.ts';

export interface StoreClientOptions {
  timeoutMs: number;
  /** Further tries when no answer has begun. */
  retries: number;
  connections: number;
  /** An answer larger than this is an error. */
  answerBytes: number;
}

export interface StoreRequest {
  method: 'GET' | 'POST';
  /** Path with query. */
  path: string;
  body?: Uint8Array;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
  /** Called for each try; what it returns takes the body of an answer with status 200 as it arrives. */
  sink?: () => BodySink;
}

export type StoreAnswer = ConnectionAnswer;

const retryable = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN']);

/** One store, by its base URL. */
export class StoreClient {
  readonly url: string;
  readonly #options: StoreClientOptions;
  readonly #address: ConnectionAddress;
  readonly #hostHeader: string;
  readonly #prefix: string;
  readonly #free: HttpConnection[] = [];
  readonly #waiting = new Set<(connection: HttpConnection) => void>();
  #open = 0;
  #stopped = false;

  constructor(url: string, options: StoreClientOptions) {
    this.url = url.replace(/\/+$/, '');
    this.#options = options;
    const { hostname, port, host, pathname, protocol } = new URL(this.url);
    const secure = protocol === 'https:';
    this.#address = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (secure ? 443 : 80)),
      secure,
    };
    this.#hostHeader = host;
    this.#prefix = pathname === '/' ? '' : pathname;
  }

  /**
   * The answer, whatever its status. Throws an OperatingError: `store-unavailable` when there is none,
   * `store-answer-too-large`, or the reason of `signal` when that fired.
   */
  async send(request: StoreRequest): Promise<StoreAnswer> {
    const bytes = this.#encode(request);
    for (let attempt = 0; ; attempt++) {
      if (request.signal?.aborted) throw abortReason(request.signal);
      let connection: HttpConnection | undefined;
      try {
        connection = await this.#connection(request.signal);
        return await this.#exchange(connection, bytes, request);
      } catch (error) {
        if (error instanceof OperatingError) throw error;
        // A kept connection may have been closed by the store meanwhile: that is no failure of it.
        const wasStale = connection?.isFresh === false;
        if (retryable.has(codeOf(error) ?? '') && (wasStale || attempt < this.#options.retries))
          continue;
        throw this.#explain(error);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const connection of this.#free.splice(0)) connection.close(new Error('stopped'));
  }

  #explain(error: unknown): OperatingError {
    if (error instanceof RangeError)
      return new OperatingError(
        'store-answer-too-large',
        `the answer of the store ${this.url} is larger than ${this.#options.answerBytes} bytes (backend.answerBytes); ask for less`,
        { cause: error },
      );
    return new OperatingError(
      'store-unavailable',
      `the store ${this.url} does not answer: ${messageOf(error) || codeOf(error)}`,
      { cause: error },
    );
  }

  #encode({ method, path, body, contentType, accept }: StoreRequest): Buffer {
    let head = `${method} ${this.#prefix}${path} HTTP/1.1\r\nHost: ${this.#hostHeader}\r\n`;
    if (accept !== undefined) head += `Accept: ${accept}\r\n`;
    if (body === undefined) return Buffer.from(`${head}\r\n`, 'latin1');
    head += `Content-Type: ${contentType ?? 'application/octet-stream'}\r\nContent-Length: ${body.length}\r\n\r\n`;
    // One buffer is one write; two would be two packets.
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    bytes.set(body, head.length);
    return bytes;
  }

  #exchange(
    connection: HttpConnection,
    bytes: Buffer,
    { signal, sink }: StoreRequest,
  ): Promise<StoreAnswer> {
    const { timeoutMs } = this.#options;
    const deadline = setTimeout(
      () => connection.close(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    // An answer that nobody wants any more is not read to its end: the store notices and stops.
    const cancel = (): void =>
      connection.close(signal === undefined ? new Error('cancelled') : abortReason(signal));
    signal?.addEventListener('abort', cancel, { once: true });
    return connection.send(bytes, sink?.()).finally(() => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', cancel);
    });
  }

  /** A free connection, a new one, or the next to become free. Rejects when `signal` fires before. */
  #connection(signal: AbortSignal | undefined): Promise<HttpConnection> | HttpConnection {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#open < this.#options.connections) return this.#connect();
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        this.#waiting.delete(take);
      };
      const leave = (): void => {
        finish();
        reject(abortReason(signal as AbortSignal));
      };
      const take = (connection: HttpConnection): void => {
        finish();
        resolve(connection);
      };
      const { timeoutMs, connections } = this.#options;
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`none of ${connections} connections was free within ${timeoutMs} ms`));
      }, timeoutMs);
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(take);
    });
  }

  /** Who has waited longest, no longer waiting. */
  #nextWaiting(): ((connection: HttpConnection) => void) | undefined {
    for (const take of this.#waiting) {
      this.#waiting.delete(take);
      return take;
    }
    return undefined;
  }

  #connect(): HttpConnection {
    this.#open++;
    const connection = new HttpConnection(this.#address, this.#options.answerBytes);
    connection.onFree = () => {
      const next = this.#nextWaiting();
      if (next !== undefined) next(connection);
      else if (this.#stopped) connection.close(new Error('stopped'));
      else this.#free.push(connection);
    };
    connection.onClose = () => {
      this.#open--;
      const index = this.#free.indexOf(connection);
      if (index >= 0) this.#free.splice(index, 1);
      // Its place goes to whoever waits.
      const next = this.#nextWaiting();
      if (next !== undefined) next(this.#connect());
    };
    return connection;
  }
}

const excerptCharactersMax = 200;
/** By these a store says that the request is wrong or too much, which concerns the user; others concern the store. */
const requestStatuses = new Set([400, 413, 414, 422]);

/** The answer, or undefined for 404, which carbonserver sends when nothing matches. */
export async function answerOf(
  client: StoreClient,
  request: StoreRequest,
): Promise<StoreAnswer | undefined> {
  const answer = await client.send(request);
  if (answer.status === 200) return answer;
  if (answer.status === 404) return undefined;
  const text = answer.body.toString('utf8', 0, excerptCharactersMax).trim().replace(/\s+/g, ' ');
  const code = requestStatuses.has(answer.status) ? 'store-refused' : 'store-unavailable';
  throw new OperatingError(code, `the store ${client.url} answered ${answer.status}: ${text}`);
}

/** What `decode` makes of an answer, if there is one; what it cannot read is the store's fault, and said so. */
export function readAnswer<T>(
  client: StoreClient,
  answer: StoreAnswer | undefined,
  decode: (body: Buffer) => T,
): T | undefined {
  try {
    return answer === undefined ? undefined : decode(answer.body);
  } catch (error) {
    throw unreadable(client, error);
  }
}

/** `error`, or what it says of the store when it means that an answer cannot be read. */
export function unreadable(client: StoreClient, error: unknown): unknown {
  const isFormat = error instanceof OperatingError && error.code.startsWith('bad-');
  if (!isFormat && !(error instanceof SyntaxError)) return error;
  return new OperatingError(
    'store-unavailable',
    `cannot read what the store ${client.url} answered: ${messageOf(error)}`,
    { cause: error },
  );
}
