// /info, /version, /lb_check, /health and the page at /: small answers about stores and the service.
import { HttpError, type HttpRequest, jsonAnswer, textAnswer } from '../../core/http.ts';
import { version } from '../../core/version.ts';
import { type Api, boundedListOf, type Endpoint, readJsonBody, valueAnswer } from './api.ts';
import { warnerOf } from './partial.ts';

/** The Graphite version whose interface this is; Grafana chooses its requests by it. */
const graphiteVersion = '1.1.10';

async function info(api: Api, request: HttpRequest) {
  readJsonBody(request);
  const targets = boundedListOf(api, request.parameters, 'target');
  if (targets.length === 0) throw new HttpError(400, 'the parameter target is missing');
  const metrics = await Promise.all(
    targets.map((target) => api.backend.info(target, request.signal, warnerOf(request))),
  );
  const known = metrics.filter((metric) => metric !== undefined);
  if (known.length === 0) throw new HttpError(404, `there is no metric ${targets.join(', ')}`);
  const described = known.map((metric) => ({
    name: metric.name,
    consolidationFunc: metric.aggregationMethod,
    maxRetention: metric.maxRetention,
    xFilesFactor: metric.xFilesFactor,
    retentions: metric.retentions.map(({ secondsPerPoint, points }) => ({
      secondsPerPoint,
      numberOfPoints: points,
    })),
  }));
  const [first] = described;
  return valueAnswer(api, request, {
    [api.backend.name]: targets.length === 1 ? first : described,
  });
}

const usage = `dkumonitor ${version}: the Graphite API

  /render?target=…&from=-1h      series (json, csv, raw, pickle, msgpack, protobuf, png, svg)
  /metrics/find?query=a.*        nodes of the metric tree
  /metrics/expand?query=a.*      their full names
  /metrics/index.json            every metric
  /info?target=a.b               how a metric is stored
  /functions                     every function with its parameters
  /tags, /tags/findSeries?expr=  tagged series
  /events                        annotations
  /version  /lb_check  /health
`;

export const infoEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request) => info(api, request),
});
export const versionEndpoint: Endpoint = {
  methods: ['GET'],
  handler: () => jsonAnswer(graphiteVersion),
};
export const balancerEndpoint: Endpoint = { methods: ['GET'], handler: () => textAnswer('Ok\n') };
export const healthEndpoint: Endpoint = {
  methods: ['GET'],
  handler: () => jsonAnswer({ status: 'ok', version }),
};
export const usageEndpoint: Endpoint = { methods: ['GET'], handler: () => textAnswer(usage) };
