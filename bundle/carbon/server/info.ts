// /info: retention, aggregation and xFilesFactor of series.
import { HttpError, type HttpHandler } from '../../core/http.ts';
import {
  carbonapiV3ContentType,
  carbonapiV3Protocol,
  decodeMultiMetricsInfoRequest,
  encodeMultiMetricsInfoResponse,
  type MetricsInfoResponse,
  writeMetricsInfo,
} from '../../wire/carbonapi-v3.ts';
import { ProtobufWriter } from '../../wire/protobuf.ts';
import type { MetricInformation } from '../store.ts';
import {
  boundQueries,
  type CarbonserverContext,
  formatOrRefuse,
  hasMessageBody,
  requestedFormat,
} from './context.ts';

interface InfoFormat {
  names: readonly string[];
  contentType: string;
  encode(metrics: MetricsInfoResponse[]): string | Uint8Array;
}

const infoFormats: InfoFormat[] = [
  {
    names: ['json'],
    contentType: 'application/json',
    encode: (metrics) => JSON.stringify({ metrics }),
  },
  {
    names: ['protobuf', 'protobuf3', 'carbonapi_v2_pb'],
    contentType: 'application/x-protobuf',
    // carbonapi_v2_pb has room for one metric.
    encode([metric]) {
      const writer = new ProtobufWriter();
      if (metric !== undefined) writeMetricsInfo(writer, metric);
      return writer.finish();
    },
  },
  {
    names: [carbonapiV3Protocol],
    contentType: carbonapiV3ContentType,
    encode: encodeMultiMetricsInfoResponse,
  },
];

const toResponse = (info: MetricInformation): MetricsInfoResponse => ({
  name: info.name,
  consolidationFunc: info.aggregationMethod,
  maxRetention: info.maxRetention,
  xFilesFactor: info.xFilesFactor,
  retentions: info.retentions.map(({ secondsPerPoint, points }) => ({
    secondsPerPoint,
    numberOfPoints: points,
  })),
});

export function infoHandler(context: CarbonserverContext): HttpHandler {
  const { index, reader, statistics } = context;
  return (request) => {
    statistics.info_requests++;
    const formatName = requestedFormat(request);
    const format = formatOrRefuse(infoFormats, formatName);
    const targets = hasMessageBody(request, formatName)
      ? decodeMultiMetricsInfoRequest(request.body)
      : request.parameters.getAll('target');
    if (targets.length === 0 || targets[0] === '')
      throw new HttpError(400, 'no target: say which metric to describe');
    boundQueries(context, targets.length);
    const metrics = targets
      .filter((target) => index.has(target))
      .map((target) => reader.info(target))
      .filter((info) => info !== undefined)
      .map(toResponse);
    if (metrics.length === 0) throw new HttpError(404, 'no such metric');
    return { headers: { 'content-type': format.contentType }, body: format.encode(metrics) };
  };
}
