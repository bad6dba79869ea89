// A carbonserver (ours or go-carbon's) as a store: protocol carbonapi_v3_pb over HTTP.
import {
  carbonapiV3ContentType,
  carbonapiV3Protocol,
  decodeListMetricsResponse,
  decodeMultiGlobResponse,
  decodeMultiMetricsInfoResponse,
  encodeMultiFetchRequest,
  encodeMultiGlobRequest,
  encodeMultiMetricsInfoRequest,
  type FilteringFunction,
  type MetricsInfoResponse,
} from '../../wire/carbonapi-v3.ts';
import { consolidateFilter } from '../../wire/consolidation-request.ts';
import type { TimeWindow } from '../series.ts';
import type {
  Backend,
  FetchAnswer,
  FetchRequest,
  FoundGlob,
  MetadataChange,
  MetadataOutcome,
  MetricInfo,
  StoreConsolidation,
  TagBackend,
} from './backend.ts';
import { FetchDecoder } from './fetch-decoder.ts';
import type { BodySink } from './http-connection.ts';
import { httpTags } from './http-tags.ts';
import {
  answerOf,
  readAnswer,
  type StoreAnswer,
  type StoreClient,
  unreadable,
} from './store-client.ts';

/** What a carbonserver's answer says of one metric. */
export function toMetricInfo(info: MetricsInfoResponse): MetricInfo {
  return {
    name: info.name,
    aggregationMethod: info.consolidationFunc.toLowerCase(),
    xFilesFactor: info.xFilesFactor,
    maxRetention: info.maxRetention,
    retentions: info.retentions.map(({ secondsPerPoint, numberOfPoints }) => ({
      secondsPerPoint,
      points: numberOfPoints,
    })),
  };
}

function filtersFor(
  path: string,
  consolidation: StoreConsolidation | undefined,
): FilteringFunction[] {
  if (consolidation === undefined) return [];
  const { maxDataPoints, by } = consolidation;
  return [consolidateFilter({ maxDataPoints, by: by.get(path) ?? '' })];
}

/** One store that speaks carbonapi_v3_pb. */
export class CarbonserverBackend implements Backend {
  readonly name: string;
  readonly tags: TagBackend;
  readonly #client: StoreClient;

  constructor(client: StoreClient) {
    this.#client = client;
    this.name = client.url;
    this.tags = httpTags(client);
  }

  async fetch(request: FetchRequest): Promise<FetchAnswer> {
    const { paths, window, consolidation, signal } = request;
    const body = encodeMultiFetchRequest(
      paths.map((name) => ({
        name,
        pathExpression: name,
        startTime: window.start,
        stopTime: window.end,
        filterFunctions: filtersFor(name, consolidation),
      })),
    );
    let decoder = new FetchDecoder(request);
    try {
      const answer = await this.#post('/render/', body, signal, () => {
        decoder = new FetchDecoder(request);
        return (part) => decoder.push(part);
      });
      return { series: answer === undefined ? [] : decoder.finish(), warnings: [] };
    } catch (error) {
      throw unreadable(this.#client, error);
    }
  }

  async find(
    queries: readonly string[],
    window?: TimeWindow,
    signal?: AbortSignal,
  ): Promise<FoundGlob[]> {
    const body = encodeMultiGlobRequest({
      metrics: [...queries],
      ...(window === undefined ? {} : { startTime: window.start, stopTime: window.end }),
    });
    const answer = await this.#post('/metrics/find/', body, signal);
    const found = readAnswer(this.#client, answer, decodeMultiGlobResponse) ?? [];
    return queries.map((query) => ({
      query,
      nodes: found.filter(({ name }) => name === query).flatMap(({ matches }) => matches),
    }));
  }

  async info(metric: string, signal?: AbortSignal): Promise<MetricInfo | undefined> {
    const answer = await this.#post('/info/', encodeMultiMetricsInfoRequest([metric]), signal);
    const info = readAnswer(this.#client, answer, decodeMultiMetricsInfoResponse)?.at(0);
    return info === undefined ? undefined : toMetricInfo(info);
  }

  async list(signal?: AbortSignal): Promise<string[]> {
    const answer = await answerOf(this.#client, {
      method: 'GET',
      path: `/metrics/list/?format=${carbonapiV3Protocol}`,
      accept: carbonapiV3ContentType,
      ...(signal === undefined ? {} : { signal }),
    });
    return readAnswer(this.#client, answer, decodeListMetricsResponse) ?? [];
  }

  async setMetadata(
    changes: readonly MetadataChange[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, MetadataOutcome>> {
    const answer = await answerOf(this.#client, {
      method: 'POST',
      path: '/admin/metrics/set-metadata',
      body: Buffer.from(JSON.stringify({ operations: changes })),
      contentType: 'application/json',
      ...(signal === undefined ? {} : { signal }),
    });
    const outcomes = readAnswer(
      this.#client,
      answer,
      (body) => JSON.parse(body.toString('utf8')) as object,
    );
    return new Map(Object.entries(outcomes ?? {}));
  }

  async stop(): Promise<void> {
    this.#client.stop();
  }

  #post(
    path: string,
    body: Buffer,
    signal?: AbortSignal,
    sink?: () => BodySink,
  ): Promise<StoreAnswer | undefined> {
    return answerOf(this.#client, {
      method: 'POST',
      path: `${path}?format=${carbonapiV3Protocol}`,
      body,
      contentType: carbonapiV3ContentType,
      accept: carbonapiV3ContentType,
      ...(signal === undefined ? {} : { signal }),
      ...(sink === undefined ? {} : { sink }),
    });
  }
}
