// A small HTTP layer on node:http for the services that answer requests: routes by path, one
// bounded body, parameters from query and form alike, compressed answers, one error shape.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { type AccessTokens, isEnough, type Role, tokenOfHeader } from './access-tokens.ts';
import { messageOf, OperatingError } from './errors.ts';
import type { ListenAddress } from './listen-address.ts';
import type { Logger } from './log.ts';
import { explainListenError } from './service.ts';
import { followTls, loadTls, type TlsFiles } from './tls-files.ts';

const gzipAsync = promisify(gzip);
/** Of one body: a few bytes each, they would take many times its memory and hold up everyone else. */
export const parametersMax = 100_000;
/** Of the first line and the headers: long targets come in addresses, too. */
const headBytesMax = 64 * 1024;
const gzipBytesMin = 1400; // below one packet compression costs more than it saves

/** An answer other than 200, thrown from a handler; the text is shown to the user as it is. */
export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface HttpRequest {
  method: string;
  /** Decoded path without query, always beginning with a slash and without one at the end. */
  path: string;
  /** Query and, for a form body, body parameters together, in that order. */
  parameters: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** The body as received, empty when there is none; at most the server's `bodyBytesMax`. */
  body: Buffer;
  /** Aborted when the client goes away before the answer is complete. */
  signal: AbortSignal;
  remoteAddress: string;
  raw: IncomingMessage;
}

export interface HttpAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: string | Uint8Array;
}

/** Returns an answer, or undefined when it has written to `response` by itself. */
export type HttpHandler = (
  request: HttpRequest,
  response: ServerResponse,
) => Promise<HttpAnswer | undefined> | HttpAnswer | undefined;

export interface HttpServerOptions {
  /** What the server is called in messages, e.g. "carbonapi". */
  name: string;
  address: ListenAddress;
  /** The handler of a request, or undefined for 404. */
  route(method: string, path: string): HttpHandler | undefined;
  log: Logger;
  bodyBytesMax: number;
  /** False when the body is never a form, whatever its type says; default true. */
  readsForms?: boolean;
  connectionsMax?: number;
  requestTimeoutMs?: number;
  /** How long a client may take nothing of its answer before it is dropped; default a minute. */
  stalledMs?: number;
  /** Serve HTTPS with these certificates; they are read again when renewed. */
  tls?: TlsFiles;
  /** Who may do what; without it everybody may do everything. */
  access?: {
    tokens: AccessTokens;
    /** The role a request needs, or undefined when anybody may. */
    roleFor(method: string, path: string): Role | undefined;
  };
  /** Sent with every answer, errors included; a handler's own header of that name wins. */
  headers?: Record<string, string>;
  /** Called once an answer is complete. */
  observe?(request: HttpRequest, status: number, milliseconds: number): void;
}

export interface HttpService {
  address: ListenAddress;
  server: Server;
  stop(): Promise<void>;
}

export const jsonAnswer = (value: unknown, status = 200): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const textAnswer = (text: string, status = 200): HttpAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: text,
});

/** Addresses that nothing has to be decoded or resolved in: segments never begin with a dot. */
const plainAddress = /^((?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+)\/?(?:\?([^#]*))?$/;

/** The address of a request; throws a 400 when it cannot be read. */
function addressOf(raw: IncomingMessage): { path: string; query: URLSearchParams } {
  const plain = plainAddress.exec(raw.url ?? '');
  if (plain !== null) return { path: plain[1]!, query: new URLSearchParams(plain[2] ?? '') };
  try {
    const url = new URL(raw.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(url.pathname).replace(/\/+$/, '') || '/';
    return { path, query: url.searchParams };
  } catch {
    throw new HttpError(400, 'the request address cannot be read');
  }
}

// Before the body is read: who may not ask may not send either.
function checkAccess(options: HttpServerOptions, raw: IncomingMessage, path: string): void {
  const needed = options.access?.roleFor(raw.method ?? 'GET', path);
  if (options.access === undefined || needed === undefined) return;
  const token = tokenOfHeader(raw.headers.authorization);
  const role = token === undefined ? undefined : options.access.tokens.roleOf(token);
  if (role === undefined) {
    throw new HttpError(401, 'an access token is needed: Authorization: Bearer TOKEN');
  }
  if (!isEnough(role, needed)) {
    throw new HttpError(403, `this token may ${role}; ${path} needs ${needed}`);
  }
}

// By events: iterating over the request costs more than a small request's whole handling.
function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = (): HttpError => new HttpError(413, `the body is larger than ${bytesMax} bytes`);
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let isWhole = false;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) chunks.push(chunk);
      else {
        request.pause();
        reject(tooLarge());
      }
    });
    request.on('end', () => {
      isWhole = true;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    // An error made for each request, as "close" always comes, would cost more than the reading.
    const cut = (): void => {
      if (!isWhole) reject(new HttpError(400, 'the body ends too early'));
    };
    request.on('error', cut);
    request.on('close', cut);
  });
}

/** How long the rest of a refused body is taken and thrown away. */
const discardMs = 1000;

// A connection closed at once, with bytes of the client under way, is reset: it would never see why.
function discardRest(raw: IncomingMessage): void {
  raw.removeAllListeners('data');
  raw.resume();
  const timer = setTimeout(() => raw.destroy(), discardMs);
  const stop = (): void => clearTimeout(timer);
  raw.once('end', stop);
  raw.once('close', stop);
}

/** Most requests are answered before anybody asks whether the client is still there. */
class ReceivedRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly remoteAddress: string;
  readonly raw: IncomingMessage;
  readonly #response: ServerResponse;
  #abort: AbortController | undefined;

  constructor(
    raw: IncomingMessage,
    response: ServerResponse,
    content: { path: string; parameters: URLSearchParams; body: Buffer },
  ) {
    this.method = raw.method ?? 'GET';
    this.path = content.path;
    this.parameters = content.parameters;
    this.headers = raw.headers;
    this.body = content.body;
    this.remoteAddress = raw.socket.remoteAddress ?? '';
    this.raw = raw;
    this.#response = response;
  }

  get signal(): AbortSignal {
    if (this.#abort !== undefined) return this.#abort.signal;
    const abort = new AbortController();
    this.#abort = abort;
    const response = this.#response;
    if (response.closed && !response.writableFinished) abort.abort();
    else
      response.once('close', () => {
        if (!response.writableFinished) abort.abort();
      });
    return abort.signal;
  }
}

const noBody = Buffer.alloc(0);

function requireFewParameters(form: Buffer, separator: string): void {
  let count = 1;
  for (let at = form.indexOf(separator); at >= 0; at = form.indexOf(separator, at + 1)) {
    if (++count > parametersMax)
      throw new HttpError(400, `a form may have ${parametersMax} parameters`);
  }
}

/** The fields of a form as `curl -F` sends it; files are left out. */
async function multipartFields(body: Buffer, type: string): Promise<[string, string][]> {
  requireFewParameters(body, '\r\n--');
  try {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    return [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  } catch {
    throw new HttpError(400, 'the body is not the multipart/form-data that it is said to be');
  }
}

async function toRequest(
  raw: IncomingMessage,
  response: ServerResponse,
  { path, query }: { path: string; query: URLSearchParams },
  { bodyBytesMax, readsForms = true }: HttpServerOptions,
): Promise<HttpRequest> {
  // A GET may have one, too: the Go carbonapi sends its messages so.
  const hasBody =
    Number(raw.headers['content-length'] ?? 0) > 0 ||
    raw.headers['transfer-encoding'] !== undefined;
  const body = hasBody ? await readBody(raw, bodyBytesMax) : noBody;
  const type = raw.headers['content-type'] ?? '';
  if (readsForms && /^application\/x-www-form-urlencoded/i.test(type)) {
    requireFewParameters(body, '&');
    for (const [key, value] of new URLSearchParams(body.toString('utf8'))) query.append(key, value);
  }
  if (readsForms && /^multipart\/form-data/i.test(type))
    for (const [name, value] of await multipartFields(body, type)) query.append(name, value);
  return new ReceivedRequest(raw, response, { path, parameters: query, body });
}

async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
): Promise<void> {
  let body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  const headers: Record<string, string> = { ...answer.headers };
  const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (accepts && body.length >= gzipBytesMin && headers['content-encoding'] === undefined) {
    body = await gzipAsync(body, { level: constants.Z_BEST_SPEED });
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
  }
  headers['content-length'] = String(body.length);
  response.writeHead(answer.status ?? 200, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Listens and serves; resolves once the port answers. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpService> {
  const serve = async (raw: IncomingMessage, response: ServerResponse): Promise<void> => {
    const begun = performance.now();
    let request: HttpRequest | undefined;
    for (const [name, value] of Object.entries(options.headers ?? {}))
      response.setHeader(name, value);
    try {
      const address = addressOf(raw);
      checkAccess(options, raw, address.path);
      request = await toRequest(raw, response, address, options);
      const handler = options.route(request.method, request.path);
      if (handler === undefined) throw new HttpError(404, `nothing is served at ${request.path}`);
      const answer = await handler(request, response);
      // Its answer takes memory, and its connection is one of a few.
      if (!response.writableFinished) response.setTimeout(options.stalledMs ?? 60_000);
      if (answer !== undefined) await sendAnswer(raw, response, answer);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else if (error instanceof HttpError) {
        if (error.status === 401)
          response.setHeader('www-authenticate', 'Basic realm="dkumonitor"');
        await sendAnswer(raw, response, textAnswer(`${error.message}\n`, error.status));
      } else if (error instanceof OperatingError)
        await sendAnswer(raw, response, textAnswer(`${error.message}\n`, 400));
      else {
        options.log.error(`request failed: ${messageOf(error)}`, {
          path: raw.url,
          stack: error instanceof Error ? error.stack : undefined,
        });
        await sendAnswer(raw, response, textAnswer('internal error, see the log\n', 500));
      }
      if (!raw.complete) discardRest(raw);
    }
    if (request !== undefined)
      options.observe?.(request, response.statusCode, performance.now() - begun);
  };
  const listener = (raw: IncomingMessage, response: ServerResponse): void =>
    void serve(raw, response);
  const tls = loadTls(options.tls);
  let stopFollowing = (): void => {};
  let server: Server;
  if (tls === undefined || options.tls === undefined)
    server = createServer({ maxHeaderSize: headBytesMax }, listener);
  else {
    const secure = createTlsServer({ ...tls, maxHeaderSize: headBytesMax }, listener);
    stopFollowing = followTls(options.tls, secure, options.log);
    server = secure;
  }
  server.maxConnections = options.connectionsMax ?? 1000;
  server.requestTimeout = options.requestTimeoutMs ?? 60_000;
  const { host, port } = options.address;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(explainListenError(error, options.name, `${host || '*'}:${port}`)),
    );
    server.listen(port, host === '' ? undefined : host, resolve);
  });
  const bound = server.address();
  return {
    address: { host, port: typeof bound === 'object' && bound !== null ? bound.port : port },
    server,
    stop: () =>
      new Promise((resolve) => {
        stopFollowing();
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 2000).unref();
      }),
  };
}
