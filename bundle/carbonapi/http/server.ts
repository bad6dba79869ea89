// The API's table of endpoints and its HTTP server.
import { HttpError, type HttpHandler, type HttpService, startHttpServer } from '../../core/http.ts';
import { parseListenAddress } from '../../core/listen-address.ts';
import type { Api, Endpoint } from './api.ts';
import { eventsEndpoint } from './events.ts';
import { expandEndpoint, findEndpoint, indexEndpoint } from './find.ts';
import { functionsEndpoint } from './functions.ts';
import {
  balancerEndpoint,
  healthEndpoint,
  infoEndpoint,
  usageEndpoint,
  versionEndpoint,
} from './info.ts';
import { renderEndpoint } from './render.ts';
import { tagsEndpoint } from './tags.ts';

const methodNotAllowed =
  (methods: readonly string[]): HttpHandler =>
  () => {
    throw new HttpError(405, `this address takes ${methods.join(' and ')} only`);
  };

/** Finds the endpoint of a path; a trailing slash never matters. */
function router(api: Api): (path: string) => Endpoint | undefined {
  const fixed = new Map<string, Endpoint>([
    ['/', usageEndpoint],
    ['/render', renderEndpoint(api)],
    ['/metrics/find', findEndpoint(api)],
    ['/metrics/expand', expandEndpoint(api)],
    ['/metrics/index.json', indexEndpoint(api)],
    ['/info', infoEndpoint(api)],
    ['/functions', functionsEndpoint(api)],
    ['/version', versionEndpoint],
    ['/lb_check', balancerEndpoint],
    ['/health', healthEndpoint],
  ]);
  return (path) => {
    const known = fixed.get(path);
    if (known !== undefined) return known;
    if (path.startsWith('/functions/')) return functionsEndpoint(api, path.slice(11));
    return tagsEndpoint(api, path) ?? eventsEndpoint(api, path);
  };
}

/** Starts to serve; resolves once the port answers. */
export function startApiServer(api: Api): Promise<HttpService> {
  const endpointOf = router(api);
  return startHttpServer({
    name: 'carbonapi',
    address: parseListenAddress(api.config.listen),
    log: api.log,
    bodyBytesMax: api.config.bodyBytes,
    connectionsMax: api.config.connections,
    requestTimeoutMs: api.config.limits.timeSeconds * 1000,
    route: (method, path) => {
      const endpoint = endpointOf(path);
      if (endpoint === undefined) return undefined;
      const wanted = method === 'HEAD' ? 'GET' : method;
      return endpoint.methods.includes(wanted)
        ? endpoint.handler
        : methodNotAllowed(endpoint.methods);
    },
  });
}
