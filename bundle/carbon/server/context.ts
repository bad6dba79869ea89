// What every handler of carbonserver works with.
import type { HttpRequest } from '../../core/http.ts';
import { HttpError } from '../../core/http.ts';
import type { Logger } from '../../core/log.ts';
import { carbonapiV3ContentType, carbonapiV3Protocol } from '../../wire/carbonapi-v3.ts';
import type { SearchableIndex } from '../metric-index/index.ts';
import type { MetricReader } from '../store.ts';

export interface CarbonserverLimits {
  /** Nodes that one find query may match. */
  findMatchesMax: number;
  /** Series that one render request may ask for. */
  renderSeriesMax: number;
  /** Queries or targets in one request. */
  queriesMax: number;
  /** Bytes of a request body. */
  bodyBytesMax: number;
}

export const defaultCarbonserverLimits: CarbonserverLimits = {
  findMatchesMax: 100_000,
  renderSeriesMax: 50_000,
  queriesMax: 10_000,
  bodyBytesMax: 16 * 1024 * 1024,
};

/** Counted since the start, under go-carbon's names where they mean the same. */
export interface CarbonserverStatistics {
  find_requests: number;
  find_errors: number;
  find_zero: number;
  render_requests: number;
  render_errors: number;
  info_requests: number;
  list_requests: number;
  details_requests: number;
  tags_requests: number;
  metrics_returned: number;
  points_returned: number;
  metrics_unreadable: number;
}

export interface CarbonserverContext {
  reader: MetricReader;
  index: SearchableIndex;
  log: Logger;
  limits: CarbonserverLimits;
  statistics: CarbonserverStatistics;
  /** Unix seconds. */
  nowSeconds(): number;
}

/** The wanted format: v3 when the Accept header names it, else parameter `format`, else json. */
export function requestedFormat(request: HttpRequest): string {
  if (request.headers.accept?.includes(carbonapiV3ContentType) === true) return carbonapiV3Protocol;
  return request.parameters.get('format') || 'json';
}

/** The format called so, or an answer with status 400 that lists those there are. */
export function formatOrRefuse<Format extends { names: readonly string[] }>(
  formats: readonly Format[],
  name: string,
): Format {
  const format = formats.find(({ names }) => names.includes(name));
  if (format !== undefined) return format;
  const known = formats.map(({ names }) => names[0]).join(', ');
  throw new HttpError(400, `unknown format ${JSON.stringify(name.slice(0, 50))}: use ${known}`);
}

/** Whether the request is a protobuf message in the body rather than parameters. */
export const hasMessageBody = (request: HttpRequest, format: string): boolean =>
  format === carbonapiV3Protocol &&
  request.body.length > 0 &&
  !/^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '');

export function boundQueries(context: CarbonserverContext, count: number): void {
  const { queriesMax } = context.limits;
  if (count > queriesMax)
    throw new HttpError(400, `more than ${queriesMax} queries in one request`);
}
