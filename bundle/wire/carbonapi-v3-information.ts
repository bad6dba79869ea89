// carbonapi_v3_pb, second part: messages about stored metrics and about the server.
//
//   MultiMetricsInfoRequest   1 names
//   MultiMetricsInfoResponse  1 metrics: MetricsInfoResponse { 1 name  2 consolidationFunc
//                               3 maxRetention  4 xFilesFactor (float)
//                               5 retentions { 1 secondsPerPoint  2 numberOfPoints } }
//   ListMetricsResponse       1 Metrics (strings)
//   MetricDetailsResponse     1 metrics: map { 1 key  2 value: MetricDetails { 2 Size  3 ModTime
//                               4 ATime  5 RdTime  6 RealSize } }  2 FreeSpace  3 TotalSpace
//   CapabilityResponse        1 supportedProtocols  2 name  3 highPrecisionTimestamps
//                               4 supportFilteringFunctions  5 likeSplittedRequests  6 supportStreaming
//
// ListMetricsResponse is the same in carbonapi_v2_pb, and MetricDetailsResponse but for RealSize.
import { ProtobufReader, ProtobufWriter } from './protobuf.ts';

export interface Retention {
  secondsPerPoint: number;
  numberOfPoints: number;
}

export interface MetricsInfoResponse {
  name: string;
  consolidationFunc: string;
  /** Seconds. */
  maxRetention: number;
  xFilesFactor: number;
  retentions: Retention[];
}

export interface MetricDetails {
  name: string;
  /** Logical bytes of the file. */
  size: number;
  /** Bytes that it occupies on disk. */
  realSize: number;
  /** Unix seconds; 0 when unknown. */
  modTime: number;
  aTime: number;
  rdTime: number;
}

export interface MetricDetailsResponse {
  metrics: MetricDetails[];
  /** Bytes of the file system that holds the metrics. */
  freeSpace: number;
  totalSpace: number;
}

export interface CapabilityResponse {
  supportedProtocols: string[];
  name: string;
  highPrecisionTimestamps: boolean;
  supportFilteringFunctions: boolean;
  likeSplittedRequests: boolean;
  supportStreaming: boolean;
}

export function encodeMultiMetricsInfoRequest(names: readonly string[]): Buffer {
  return encodeListMetricsResponse(names);
}

/** Throws an OperatingError `bad-protobuf`. */
export function decodeMultiMetricsInfoRequest(bytes: Uint8Array): string[] {
  return decodeListMetricsResponse(bytes);
}

export function encodeMultiMetricsInfoResponse(metrics: readonly MetricsInfoResponse[]): Buffer {
  const writer = new ProtobufWriter();
  for (const metric of metrics) {
    const mark = writer.open(1);
    writeMetricsInfo(writer, metric);
    writer.close(mark);
  }
  return writer.finish();
}

/** The fields of one answer; InfoResponse of carbonapi_v2_pb has the same numbers and types. */
export function writeMetricsInfo(writer: ProtobufWriter, metric: MetricsInfoResponse): void {
  writer.string(1, metric.name);
  writer.string(2, metric.consolidationFunc);
  writer.int(3, metric.maxRetention);
  writer.float(4, metric.xFilesFactor);
  for (const retention of metric.retentions) {
    const mark = writer.open(5);
    writer.int(1, retention.secondsPerPoint);
    writer.int(2, retention.numberOfPoints);
    writer.close(mark);
  }
}

/** Throws an OperatingError `bad-protobuf`. */
export function decodeMultiMetricsInfoResponse(bytes: Uint8Array): MetricsInfoResponse[] {
  const reader = new ProtobufReader(bytes);
  const metrics: MetricsInfoResponse[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const outerEnd = reader.enter();
    metrics.push(readMetricsInfo(reader));
    reader.leave(outerEnd);
  }
  return metrics;
}

/** Reads fields up to the end of the message that `reader` is in. */
export function readMetricsInfo(reader: ProtobufReader): MetricsInfoResponse {
  const metric: MetricsInfoResponse = {
    name: '',
    consolidationFunc: '',
    maxRetention: 0,
    xFilesFactor: 0,
    retentions: [],
  };
  while (reader.next()) {
    if (reader.field === 1) metric.name = reader.string();
    else if (reader.field === 2) metric.consolidationFunc = reader.string();
    else if (reader.field === 3) metric.maxRetention = reader.int();
    else if (reader.field === 4) metric.xFilesFactor = reader.float();
    else if (reader.field === 5) metric.retentions.push(readRetention(reader));
    else reader.skip();
  }
  return metric;
}

function readRetention(reader: ProtobufReader): Retention {
  const retention: Retention = { secondsPerPoint: 0, numberOfPoints: 0 };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) retention.secondsPerPoint = reader.int();
    else if (reader.field === 2) retention.numberOfPoints = reader.int();
    else reader.skip();
  }
  reader.leave(outerEnd);
  return retention;
}

/** A piece of a ListMetricsResponse: pieces one behind the other are one valid message. */
export function encodeListMetricsResponse(names: readonly string[]): Buffer {
  const writer = new ProtobufWriter(names.length * 48 + 16);
  for (const name of names) writer.element(1, name);
  return writer.finish();
}

/** Throws an OperatingError `bad-protobuf`. */
export function decodeListMetricsResponse(bytes: Uint8Array): string[] {
  const reader = new ProtobufReader(bytes);
  const names: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) names.push(reader.string());
    else reader.skip();
  }
  return names;
}

/** A piece of a MetricDetailsResponse, like encodeListMetricsResponse. */
export function encodeMetricDetailsResponse(response: MetricDetailsResponse): Buffer {
  const writer = new ProtobufWriter(response.metrics.length * 96 + 32);
  for (const metric of response.metrics) {
    const entry = writer.open(1);
    writer.string(1, metric.name);
    const details = writer.open(2);
    writer.int(2, metric.size);
    writer.int(3, metric.modTime);
    writer.int(4, metric.aTime);
    writer.int(5, metric.rdTime);
    writer.int(6, metric.realSize);
    writer.close(details);
    writer.close(entry);
  }
  writer.int(2, response.freeSpace);
  writer.int(3, response.totalSpace);
  return writer.finish();
}

/** Throws an OperatingError `bad-protobuf`. */
export function decodeMetricDetailsResponse(bytes: Uint8Array): MetricDetailsResponse {
  const reader = new ProtobufReader(bytes);
  const response: MetricDetailsResponse = { metrics: [], freeSpace: 0, totalSpace: 0 };
  while (reader.next()) {
    if (reader.field === 1) response.metrics.push(readDetailsEntry(reader));
    else if (reader.field === 2) response.freeSpace = reader.int();
    else if (reader.field === 3) response.totalSpace = reader.int();
    else reader.skip();
  }
  return response;
}

function readDetailsEntry(reader: ProtobufReader): MetricDetails {
  const details: MetricDetails = {
    name: '',
    size: 0,
    realSize: 0,
    modTime: 0,
    aTime: 0,
    rdTime: 0,
  };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) details.name = reader.string();
    else if (reader.field === 2) readDetails(reader, details);
    else reader.skip();
  }
  reader.leave(outerEnd);
  return details;
}

function readDetails(reader: ProtobufReader, details: MetricDetails): void {
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 2) details.size = reader.int();
    else if (reader.field === 3) details.modTime = reader.int();
    else if (reader.field === 4) details.aTime = reader.int();
    else if (reader.field === 5) details.rdTime = reader.int();
    else if (reader.field === 6) details.realSize = reader.int();
    else reader.skip();
  }
  reader.leave(outerEnd);
}

export function encodeCapabilityResponse(response: CapabilityResponse): Buffer {
  const writer = new ProtobufWriter(256);
  for (const protocol of response.supportedProtocols) writer.element(1, protocol);
  writer.string(2, response.name);
  writer.bool(3, response.highPrecisionTimestamps);
  writer.bool(4, response.supportFilteringFunctions);
  writer.bool(5, response.likeSplittedRequests);
  writer.bool(6, response.supportStreaming);
  return writer.finish();
}

/** Throws an OperatingError `bad-protobuf`. */
export function decodeCapabilityResponse(bytes: Uint8Array): CapabilityResponse {
  const reader = new ProtobufReader(bytes);
  const response: CapabilityResponse = {
    supportedProtocols: [],
    name: '',
    highPrecisionTimestamps: false,
    supportFilteringFunctions: false,
    likeSplittedRequests: false,
    supportStreaming: false,
  };
  while (reader.next()) {
    if (reader.field === 1) response.supportedProtocols.push(reader.string());
    else if (reader.field === 2) response.name = reader.string();
    else if (reader.field === 3) response.highPrecisionTimestamps = reader.bool();
    else if (reader.field === 4) response.supportFilteringFunctions = reader.bool();
    else if (reader.field === 5) response.likeSplittedRequests = reader.bool();
    else if (reader.field === 6) response.supportStreaming = reader.bool();
    else reader.skip();
  }
  return response;
}
