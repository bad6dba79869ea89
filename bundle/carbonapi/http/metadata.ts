// /metrics/get-metadata and set-metadata: graphite-web's addresses for the aggregation method of a metric.
import { HttpError, type HttpRequest } from '../../core/http.ts';
import { isLoopback } from '../../core/listen-address.ts';
import type { MetadataChange, MetadataOutcome } from '../backends/backend.ts';
import { type Api, boundedListOf, type Endpoint, valueAnswer } from './api.ts';
import { warnerOf } from './partial.ts';

/** The one key that Whisper files have. */
const metadataKey = 'aggregationMethod';

async function metadata(api: Api, request: HttpRequest) {
  const key = request.parameters.get('key');
  const metrics = boundedListOf(api, request.parameters, 'metric');
  if (key === null || metrics.length === 0)
    throw new HttpError(400, 'the parameters key and metric are needed');
  const answers = await Promise.all(
    metrics.map(async (metric) => {
      if (key !== metadataKey)
        return { error: `there is no metadata key "${key}"; known is ${metadataKey}` };
      const known = await api.backend.info(metric, request.signal, warnerOf(request));
      if (known === undefined) return { error: `there is no metric ${metric}` };
      return { value: known.aggregationMethod };
    }),
  );
  const byMetric = Object.fromEntries(metrics.map((metric, index) => [metric, answers[index]]));
  return valueAnswer(api, request, byMetric);
}

const operationsMax = 1000;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'the operations are not JSON');
  }
}

/** The changes that a request asks for: graphite-web's list, or an object with it. */
function changesOf({ method, headers, parameters, body }: HttpRequest): MetadataChange[] {
  let wanted: unknown;
  if (method === 'POST') {
    const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
    wanted = parsed(isJson ? body.toString('utf8') : (parameters.get('operations') ?? ''));
    if (typeof wanted === 'object' && wanted !== null && 'operations' in wanted)
      wanted = wanted.operations;
  } else {
    const [metric, key, value] = ['metric', 'key', 'value'].map((name) => parameters.get(name));
    wanted = [{ metric, key, value }];
  }
  if (!Array.isArray(wanted) || wanted.length > operationsMax)
    throw new HttpError(400, `the operations must be a list of at most ${operationsMax}`);
  return wanted.map((one: unknown) => {
    const { metric, key, value } = (one ?? {}) as Record<string, unknown>;
    if (typeof metric !== 'string' || typeof key !== 'string' || typeof value !== 'string')
      throw new HttpError(400, 'metric, key and value are needed, each a text');
    return { metric, key, value };
  });
}

async function setMetadata(api: Api, request: HttpRequest) {
  if (api.config.tokens === '' && !isLoopback(request.remoteAddress))
    throw new HttpError(403, 'without access tokens only programs on this machine may do this');
  const changes = changesOf(request);
  const outcomes = await api.backend.setMetadata?.(changes, request.signal);
  const unchanged: MetadataOutcome = { error: 'no store here can change metadata' };
  const byMetric = changes.map(({ metric }) => [metric, outcomes?.get(metric) ?? unchanged]);
  return valueAnswer(api, request, Object.fromEntries(byMetric));
}

export const metadataEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request) => metadata(api, request),
});
export const setMetadataEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request) => setMetadata(api, request),
});
