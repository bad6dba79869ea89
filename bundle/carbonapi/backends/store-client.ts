// HTTP to one store: kept connections, a deadline, another try when the connection breaks early.
import { Agent, type IncomingMessage, request as startRequest } from 'node:http';
import { Agent as SecureAgent, request as startSecureRequest } from 'node:https';
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import { abortReason } from '../serving/abort.ts';

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
}

export interface StoreAnswer {
  status: number;
  contentType: string;
  body: Buffer;
}

const retryable = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN']);

function storeError(code: string, message: string, cause?: unknown): OperatingError {
  return new OperatingError(code, message, { cause });
}

/** One store, by its base URL. */
export class StoreClient {
  readonly url: string;
  readonly #base: URL;
  readonly #options: StoreClientOptions;
  readonly #agent: Agent;

  constructor(url: string, options: StoreClientOptions) {
    this.url = url.replace(/\/+$/, '');
    this.#base = new URL(this.url);
    this.#options = options;
    const settings = {
      keepAlive: true,
      maxSockets: options.connections,
      maxFreeSockets: options.connections,
      scheduling: 'lifo' as const,
    };
    this.#agent =
      this.#base.protocol === 'https:' ? new SecureAgent(settings) : new Agent(settings);
  }

  /**
   * The answer, whatever its status. Throws an OperatingError: `store-unavailable` when there is none,
   * `cancelled` when `signal` fired.
   */
  async send(request: StoreRequest): Promise<StoreAnswer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#sendOnce(request);
      } catch (error) {
        if (request.signal?.aborted) throw abortReason(request.signal);
        if (attempt < this.#options.retries && retryable.has(codeOf(error) ?? '')) continue;
        if (error instanceof OperatingError) throw error;
        throw storeError(
          'store-unavailable',
          `the store ${this.url} does not answer: ${messageOf(error) || codeOf(error)}`,
          error,
        );
      }
    }
  }

  stop(): void {
    this.#agent.destroy();
  }

  #sendOnce(request: StoreRequest): Promise<StoreAnswer> {
    const { method, path, body, contentType, accept, signal } = request;
    const { protocol, hostname, port, pathname } = this.#base;
    const headers: Record<string, string | number> = {};
    if (accept !== undefined) headers['accept'] = accept;
    if (body !== undefined) {
      headers['content-type'] = contentType ?? 'application/octet-stream';
      headers['content-length'] = body.length;
    }
    return new Promise((resolve, reject) => {
      const start = protocol === 'https:' ? startSecureRequest : startRequest;
      const outgoing = start({
        agent: this.#agent,
        host: hostname.replace(/^\[|\]$/g, ''),
        ...(port === '' ? {} : { port }),
        method,
        path: (pathname === '/' ? '' : pathname) + path,
        headers,
      });
      const deadline = setTimeout(() => {
        outgoing.destroy(new Error(`no answer within ${this.#options.timeoutMs} ms`));
      }, this.#options.timeoutMs);
      const cancel = (): void => void outgoing.destroy(new Error('cancelled'));
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted) cancel();
      const settle = (): void => {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', cancel);
      };
      outgoing.on('error', (error) => {
        settle();
        reject(error);
      });
      outgoing.on('response', (incoming) => {
        this.#collect(incoming).then(
          (answer) => {
            settle();
            resolve(answer);
          },
          (error: unknown) => {
            settle();
            outgoing.destroy();
            reject(error);
          },
        );
      });
      outgoing.end(body);
    });
  }

  #collect(incoming: IncomingMessage): Promise<StoreAnswer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > this.#options.answerBytes)
          reject(
            storeError(
              'store-answer-too-large',
              `the answer of the store ${this.url} is larger than ${this.#options.answerBytes} bytes (backend.answerBytes); ask for less`,
            ),
          );
        else chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('aborted', () => reject(new Error('the connection broke during the answer')));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          contentType: incoming.headers['content-type'] ?? '',
          body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
        }),
      );
    });
  }
}

const excerptCharactersMax = 200;

/** The answer, or undefined for 404, which carbonserver sends when nothing matches. */
export async function answerOf(
  client: StoreClient,
  request: StoreRequest,
): Promise<StoreAnswer | undefined> {
  const answer = await client.send(request);
  if (answer.status === 200) return answer;
  if (answer.status === 404) return undefined;
  const text = answer.body.toString('utf8', 0, excerptCharactersMax).trim().replace(/\s+/g, ' ');
  // What the store says of the request concerns the user; anything else concerns the store.
  const code = answer.status >= 400 && answer.status < 500 ? 'store-refused' : 'store-unavailable';
  throw new OperatingError(code, `the store ${client.url} answered ${answer.status}: ${text}`);
}
