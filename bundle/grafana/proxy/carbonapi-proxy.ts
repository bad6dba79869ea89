// Passes a fixed set of read requests on to the configured carbonapi. The client chooses neither
// host nor path: the path is looked up in a list.

import type { ServerResponse } from 'node:http';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { codeOf, messageOf } from '../../core/errors.ts';
import { HttpError, type HttpHandler, type HttpRequest } from '../../core/http.ts';
import type { CarbonapiAccess } from './carbonapi-access.ts';

export interface CarbonapiProxyOptions {
  carbonapi: string;
  access: CarbonapiAccess;
  timeoutMs: number;
  requestsMax: number;
}

export interface CarbonapiProxy {
  /** The handler of `path` (what follows …/proxy/<name>), or undefined when it is not passed on. */
  handlerOf(method: string, path: string): HttpHandler | undefined;
  stop(): void;
}

const fixedPaths = new Set([
  '/render',
  '/metrics/find',
  '/metrics/expand',
  '/metrics/index.json',
  '/functions',
  '/version',
  '/tags',
  '/tags/autoComplete/tags',
  '/tags/autoComplete/values',
  '/tags/findSeries',
  '/events/get_data',
]);
const oneName = /^\/(?:tags|functions)\/([A-Za-z0-9_.:-]{1,200})$/;
const changingTags = new Set(['tagSeries', 'tagMultiSeries', 'delSeries']);

/** Requests that only read; POST is how long queries are sent. */
function isPassedOn(method: string, path: string): boolean {
  if (fixedPaths.has(path)) return method === 'GET' || method === 'POST';
  const name = oneName.exec(path)?.[1];
  return method === 'GET' && name !== undefined && !changingTags.has(name);
}

const requestHeaders = [
  'accept',
  'accept-encoding',
  'content-type',
  'x-dashboard-id',
  'x-dashboard-uid',
  'x-panel-id',
  'x-panel-plugin-id',
  'x-grafana-org-id',
];
const answerHeaders = ['content-type', 'content-encoding', 'content-length', 'vary'];

/** An answer shown by a browser from our address (an SVG, say) must not run as one of our pages. */
const inertPage = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

function headersFrom(incoming: IncomingMessage['headers'], names: string[]) {
  const headers: Record<string, string> = {};
  for (const name of names) {
    const value = incoming[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

export function createCarbonapiProxy(options: CarbonapiProxyOptions): CarbonapiProxy {
  const base = new URL(options.carbonapi);
  const secure = base.protocol === 'https:';
  const { ca } = options.access;
  const agentOptions = {
    keepAlive: true,
    maxFreeSockets: 16,
    ...(ca === undefined ? {} : { ca }),
  };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const open = secure ? httpsRequest : httpRequest;
  const prefix = base.pathname.replace(/\/+$/, '');
  let requests = 0;

  function addressOf(path: string, request: HttpRequest): URL {
    const target = new URL(base);
    target.pathname = prefix + path.split('/').map(encodeURIComponent).join('/');
    const at = request.raw.url?.indexOf('?') ?? -1;
    target.search = at < 0 ? '' : (request.raw.url ?? '').slice(at);
    return target;
  }

  function askOnce(target: URL, request: HttpRequest, isRetry: boolean): Promise<IncomingMessage> {
    const headers = headersFrom(request.headers, requestHeaders);
    const authorization = options.access.authorization();
    if (authorization !== undefined) headers['authorization'] = authorization;
    if (request.method === 'POST') headers['content-length'] = String(request.body.length);
    return new Promise((resolve, reject) => {
      const upstream = open(target, { method: request.method, agent, headers }, resolve);
      upstream.setTimeout(options.timeoutMs, () =>
        upstream.destroy(
          new HttpError(504, `carbonapi did not answer within ${options.timeoutMs / 1000} s`),
        ),
      );
      upstream.on('error', (error) => {
        // A kept connection that carbonapi closed just as it was used again: the question never
        // arrived, and it only reads, so it is asked once more.
        const wasClosed = upstream.reusedSocket && codeOf(error) === 'ECONNRESET';
        if (wasClosed && !isRetry && !request.signal.aborted)
          resolve(askOnce(target, request, true));
        else reject(error);
      });
      request.signal.addEventListener('abort', () => upstream.destroy());
      upstream.end(request.body);
    });
  }

  async function passOn(
    path: string,
    request: HttpRequest,
    response: ServerResponse,
  ): Promise<undefined> {
    if (requests >= options.requestsMax)
      throw new HttpError(503, 'too many requests at the same time, try again');
    requests += 1;
    try {
      const answer = await askOnce(addressOf(path, request), request, false);
      // It is this service that has no access there, not the user here.
      if (answer.statusCode === 401 || answer.statusCode === 403) {
        answer.destroy();
        throw new HttpError(
          502,
          'carbonapi refuses the token of the dashboards (carbonapiTokenFile)',
        );
      }
      const headers = headersFrom(answer.headers, answerHeaders);
      headers['cache-control'] = 'no-store';
      headers['content-security-policy'] = inertPage;
      response.writeHead(answer.statusCode ?? 502, headers);
      await pipeline(answer, response);
    } catch (error) {
      if (request.signal.aborted || response.headersSent) response.destroy();
      else if (error instanceof HttpError) throw error;
      else throw new HttpError(502, `cannot reach carbonapi at ${base.host}: ${messageOf(error)}`);
    } finally {
      requests -= 1;
    }
    return undefined;
  }

  return {
    handlerOf(method, path) {
      if (!isPassedOn(method, path)) return undefined;
      return (request, response) => passOn(path, request, response);
    },
    stop: () => agent.destroy(),
  };
}
