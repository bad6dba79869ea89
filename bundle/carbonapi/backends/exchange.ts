// A store that answers in one of graphite's other languages: graphite-web (msgpack, pickle), an older
// carbonserver (carbonapi_v2_pb, pickle). One request for each path: their answers do not say, or not
// reliably, which path they answer.
import { OperatingError } from '../../core/errors.ts';
import { decodeListMetricsResponse, readMetricsInfo } from '../../wire/carbonapi-v3.ts';
import {
  type FindResponseFormat,
  findResponseFormatNamed,
} from '../../wire/find-response/index.ts';
import { ProtobufReader } from '../../wire/protobuf.ts';
import {
  type RenderResponseFormat,
  renderResponseFormatNamed,
} from '../../wire/render-response/index.ts';
import type { TimeWindow } from '../series.ts';
import type {
  Backend,
  FetchAnswer,
  FetchedSeries,
  FetchRequest,
  FoundGlob,
  MetricInfo,
  TagBackend,
} from './backend.ts';
import { toMetricInfo } from './carbonserver.ts';
import { httpTags } from './http-tags.ts';
import { plausible } from './plausible.ts';
import { answerOf, readAnswer, type StoreAnswer, type StoreClient } from './store-client.ts';

export const exchangeProtocols = ['carbonapi_v2_pb', 'msgpack', 'pickle'] as const;
export type ExchangeProtocol = (typeof exchangeProtocols)[number];

type Fields = Record<string, string | number>;

const isText = (value: unknown): value is string => typeof value === 'string';

export class ExchangeBackend implements Backend {
  readonly name: string;
  readonly tags: TagBackend;
  readonly #client: StoreClient;
  readonly #protocol: ExchangeProtocol;
  readonly #render: RenderResponseFormat;
  readonly #find: FindResponseFormat;

  constructor(client: StoreClient, protocol: ExchangeProtocol) {
    const render = renderResponseFormatNamed(protocol);
    const find = findResponseFormatNamed(protocol);
    if (render === undefined || find === undefined) throw new Error(`no codec for ${protocol}`);
    this.name = client.url;
    this.tags = httpTags(client);
    this.#client = client;
    this.#protocol = protocol;
    this.#render = render;
    this.#find = find;
  }

  async fetch({ paths, window, signal, check }: FetchRequest): Promise<FetchAnswer> {
    let count = 0;
    let points = 0;
    const lists = await Promise.all(
      paths.map(async (path) => {
        const list = await this.#fetchPath(path, window, signal);
        count += list.length;
        for (const { values } of list) points += values.length;
        check?.(count, points, points);
        return list;
      }),
    );
    return { series: lists.flat(), warnings: [] };
  }

  async find(
    queries: readonly string[],
    window?: TimeWindow,
    signal?: AbortSignal,
  ): Promise<FoundGlob[]> {
    const times: Fields = window === undefined ? {} : { from: window.start, until: window.end };
    return Promise.all(
      queries.map(async (query) => {
        const answer = await this.#get('/metrics/find/', { query, ...times }, signal);
        const globs = readAnswer(this.#client, answer, (body) => this.#find.decode(body)) ?? [];
        return { query, nodes: globs.flatMap(({ matches }) => matches) };
      }),
    );
  }

  /** Known to carbonservers only, which answer in protobuf whatever else they speak; graphite-web has none. */
  async info(target: string, signal?: AbortSignal): Promise<MetricInfo | undefined> {
    const answer = await this.#get('/info/', { target, format: 'protobuf3' }, signal);
    if (answer === undefined || !/protobuf/.test(answer.contentType)) return undefined;
    const decode = (body: Buffer) => readMetricsInfo(new ProtobufReader(body));
    const info = readAnswer(this.#client, answer, decode);
    return info === undefined ? undefined : toMetricInfo(info);
  }

  async list(signal?: AbortSignal): Promise<string[]> {
    if (this.#protocol === 'carbonapi_v2_pb') {
      const answer = await this.#get('/metrics/list/', {}, signal);
      return readAnswer(this.#client, answer, decodeListMetricsResponse) ?? [];
    }
    const answer = await this.#get('/metrics/index.json', {}, signal);
    const names =
      readAnswer(this.#client, answer, (body): unknown => JSON.parse(body.toString('utf8'))) ?? [];
    if (Array.isArray(names) && names.every(isText)) return names;
    throw new OperatingError(
      'store-unavailable',
      `the store ${this.name} lists its metrics in a way nobody knows`,
    );
  }

  async stop(): Promise<void> {
    this.#client.stop();
  }

  async #fetchPath(
    path: string,
    window: TimeWindow,
    signal: AbortSignal | undefined,
  ): Promise<FetchedSeries[]> {
    const fields = { target: path, from: window.start, until: window.end, noCache: 1 };
    const answer = await this.#get('/render/', fields, signal);
    const decoded = readAnswer(this.#client, answer, (body) => this.#render.decode(body)) ?? [];
    const series = decoded.map((each) =>
      plausible(
        {
          name: each.name,
          pathExpression: path,
          start: each.startTime,
          step: each.stepTime,
          values: each.values,
          consolidate: each.consolidationFunc,
          xFilesFactor: each.xFilesFactor,
        },
        { window },
      ),
    );
    return series.filter((each) => each !== undefined);
  }

  // `local` keeps graphite-web from asking the other servers of its cluster, which we ask ourselves.
  #get(path: string, fields: Fields, signal?: AbortSignal): Promise<StoreAnswer | undefined> {
    const query = new URLSearchParams({ format: this.#protocol, local: '1' });
    for (const [name, value] of Object.entries(fields)) query.set(name, String(value));
    return answerOf(this.#client, {
      method: 'GET',
      path: `${path}?${query}`,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
