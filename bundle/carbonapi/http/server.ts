// The API's table of endpoints and its HTTP server.
import { openTokens } from '../../core/access-tokens.ts';
import { codeOf, messageOf } from '../../core/errors.ts';
import {
  HttpError,
  type HttpHandler,
  type HttpService,
  startHttpServer,
  textAnswer,
} from '../../core/http.ts';
import { parseListenAddress } from '../../core/listen-address.ts';
import { roleFor } from './access.ts';
import type { Api, Endpoint } from './api.ts';
import { allowOrigin } from './cors.ts';
import { toHttpError } from './errors.ts';
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
import { metadataEndpoint, setMetadataEndpoint } from './metadata.ts';
import { observe, prometheusEndpoint, variablesEndpoint } from './observability.ts';
import { showWarnings } from './partial.ts';
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
    ['/metrics/get-metadata', metadataEndpoint(api)],
    ['/metrics/set-metadata', setMetadataEndpoint(api)],
    ['/info', infoEndpoint(api)],
    ['/functions', functionsEndpoint(api)],
    ['/version', versionEndpoint],
    ['/lb_check', balancerEndpoint],
    ['/health', healthEndpoint],
    ['/debug/vars', variablesEndpoint(api)],
    ['/metrics', prometheusEndpoint(api)],
  ]);
  return (path) => {
    const known = fixed.get(path);
    if (known !== undefined) return known;
    if (path.startsWith('/functions/')) return functionsEndpoint(api, path.slice(11));
    return tagsEndpoint(api, path) ?? eventsEndpoint(api, path);
  };
}

/** `handler` with the headers for other origins, and errors as statuses. */
const wrapped =
  (api: Api, handler: HttpHandler): HttpHandler =>
  async (request, response) => {
    allowOrigin(api.config.cors, request, response);
    try {
      const answer = await handler(request, response);
      const warnings = showWarnings(request, response);
      if (warnings !== '') api.storeFaults.countPartial(warnings);
      return answer;
    } catch (error) {
      if (codeOf(error) === 'store-unavailable') api.storeFaults.countFailed(messageOf(error));
      throw toHttpError(error);
    }
  };

const preflight: HttpHandler = () => textAnswer('', 204);

/** Starts to serve; resolves once the port answers. */
export function startApiServer(api: Api): Promise<HttpService> {
  const endpointOf = router(api);
  const { tokens } = api.config;
  return startHttpServer({
    name: 'carbonapi',
    address: parseListenAddress(api.config.listen),
    log: api.log,
    bodyBytesMax: api.config.bodyBytes,
    connectionsMax: api.config.connections,
    tls: api.config.tls,
    ...(tokens === '' ? {} : { access: { tokens: openTokens(tokens), roleFor } }),
    route: (method, path) => {
      const endpoint = endpointOf(path);
      if (endpoint === undefined) return undefined;
      if (method === 'OPTIONS') return wrapped(api, preflight);
      const wanted = method === 'HEAD' ? 'GET' : method;
      const allowed = endpoint.methods.includes(wanted);
      return wrapped(api, allowed ? endpoint.handler : methodNotAllowed(endpoint.methods));
    },
    observe: (request, status, milliseconds) => observe(api, request, status, milliseconds),
  });
}
