// The API's table of endpoints and its HTTP server.
import {
  HttpError,
  type HttpHandler,
  type HttpService,
  startHttpServer,
  textAnswer,
} from '../../core/http.ts';
import { parseListenAddress } from '../../core/listen-address.ts';
import type { Api, Endpoint } from './api.ts';
import { renderEndpoint } from './render.ts';

const methodNotAllowed =
  (methods: readonly string[]): HttpHandler =>
  () => {
    throw new HttpError(405, `this address takes ${methods.join(' and ')} only`);
  };

/** Path to endpoint; a trailing slash never matters. */
function endpointsOf(api: Api): Map<string, Endpoint> {
  return new Map<string, Endpoint>([
    ['/render', renderEndpoint(api)],
    ['/lb_check', { methods: ['GET'], handler: () => textAnswer('Ok\n') }],
  ]);
}

/** Starts to serve; resolves once the port answers. */
export function startApiServer(api: Api): Promise<HttpService> {
  const endpoints = endpointsOf(api);
  return startHttpServer({
    name: 'carbonapi',
    address: parseListenAddress(api.config.listen),
    log: api.log,
    bodyBytesMax: api.config.bodyBytes,
    connectionsMax: api.config.connections,
    requestTimeoutMs: api.config.limits.timeSeconds * 1000,
    route: (method, path) => {
      const endpoint = endpoints.get(path);
      if (endpoint === undefined) return undefined;
      const wanted = method === 'HEAD' ? 'GET' : method;
      return endpoint.methods.includes(wanted)
        ? endpoint.handler
        : methodNotAllowed(endpoint.methods);
    },
  });
}
