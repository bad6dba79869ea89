// carbonapi_v3_pb: what carbonapi and carbonserver say to each other in protocol buffers, requests
// and answers. The field numbers are those of github.com/go-graphite/protocol carbonapi_v3_pb:
//
//   MultiFetchRequest   1 metrics: FetchRequest { 1 name  2 startTime  3 stopTime
//                         4 highPrecisionTimestamps  5 pathExpression
//                         6 filterFunctions { 1 name  2 arguments }  7 maxDataPoints }
//   MultiFetchResponse  1 metrics: FetchResponse { 1 name  2 pathExpression  3 consolidationFunc
//                         4 startTime  5 stopTime  6 stepTime  7 xFilesFactor (float)
//                         8 highPrecisionTimestamps  9 values (packed doubles, gap = NaN)
//                         10 appliedFunctions  11 requestStartTime  12 requestStopTime }
//   MultiGlobRequest    1 metrics (strings)  2 startTime  3 stopTime
//   MultiGlobResponse   1 metrics: GlobResponse { 1 name  2 matches { 1 path  2 isLeaf } }
//
// The messages about stored metrics are in carbonapi-v3-information.ts.
import { OperatingError } from '../core/errors.ts';
import { ProtobufReader, ProtobufWriter } from './protobuf.ts';

export * from './carbonapi-v3-information.ts';

export const carbonapiV3ContentType = 'application/x-carbonapi-v3-pb';
export const carbonapiV3Protocol = 'carbonapi_v3_pb';

/** Requests in one message; a body of empty ones would otherwise cost far more memory than bytes. */
const requestsMax = 100_000;

export interface FilteringFunction {
  name: string;
  arguments: string[];
}

export interface FetchRequestV3 {
  /** A metric name or glob. */
  name: string;
  /** Unix seconds; points after startTime up to and including stopTime are wanted. */
  startTime: number;
  stopTime: number;
  highPrecisionTimestamps?: boolean;
  /** What the name stands for in the user's expression; usually equal to it. */
  pathExpression: string;
  filterFunctions?: FilteringFunction[];
  /** 0 or absent: as many as there are. */
  maxDataPoints?: number;
}

export interface FetchResponseV3 {
  name: string;
  pathExpression: string;
  consolidationFunc: string;
  /** Time of values[0], unix seconds. */
  startTime: number;
  /** Exclusive: startTime + values.length * stepTime. */
  stopTime: number;
  stepTime: number;
  xFilesFactor: number;
  highPrecisionTimestamps?: boolean;
  /** NaN where there is no point. */
  values: Float64Array;
  appliedFunctions?: string[];
  requestStartTime: number;
  requestStopTime: number;
}

export interface MultiGlobRequestV3 {
  metrics: string[];
  startTime?: number;
  stopTime?: number;
}

export interface GlobMatch {
  path: string;
  isLeaf: boolean;
}

export interface GlobResponse {
  /** The query as asked. */
  name: string;
  matches: GlobMatch[];
}

function boundRequests(count: number): void {
  if (count > requestsMax)
    throw new OperatingError(
      'too-many-requests',
      `one message asks for more than ${requestsMax} metrics`,
    );
}

export function encodeMultiFetchRequest(requests: readonly FetchRequestV3[]): Buffer {
  const writer = new ProtobufWriter(64 + requests.length * 160);
  for (const request of requests) {
    const mark = writer.open(1);
    writer.string(1, request.name);
    writer.int(2, request.startTime);
    writer.int(3, request.stopTime);
    writer.bool(4, request.highPrecisionTimestamps ?? false);
    writer.string(5, request.pathExpression);
    for (const filter of request.filterFunctions ?? []) {
      const inner = writer.open(6);
      writer.string(1, filter.name);
      for (const argument of filter.arguments) writer.element(2, argument);
      writer.close(inner);
    }
    writer.int(7, request.maxDataPoints ?? 0);
    writer.close(mark);
  }
  return writer.finish();
}

/** Throws an OperatingError `bad-protobuf` or `too-many-requests`. */
export function decodeMultiFetchRequest(bytes: Uint8Array): Required<FetchRequestV3>[] {
  const reader = new ProtobufReader(bytes);
  const requests: Required<FetchRequestV3>[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    requests.push(readFetchRequest(reader));
    boundRequests(requests.length);
  }
  return requests;
}

function readFetchRequest(reader: ProtobufReader): Required<FetchRequestV3> {
  const request: Required<FetchRequestV3> = {
    name: '',
    startTime: 0,
    stopTime: 0,
    highPrecisionTimestamps: false,
    pathExpression: '',
    filterFunctions: [],
    maxDataPoints: 0,
  };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) request.name = reader.string();
    else if (reader.field === 2) request.startTime = reader.int();
    else if (reader.field === 3) request.stopTime = reader.int();
    else if (reader.field === 4) request.highPrecisionTimestamps = reader.bool();
    else if (reader.field === 5) request.pathExpression = reader.string();
    else if (reader.field === 6) request.filterFunctions.push(readFilter(reader));
    else if (reader.field === 7) request.maxDataPoints = reader.int();
    else reader.skip();
  }
  reader.leave(outerEnd);
  return request;
}

function readFilter(reader: ProtobufReader): FilteringFunction {
  const filter: FilteringFunction = { name: '', arguments: [] };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) filter.name = reader.string();
    else if (reader.field === 2) filter.arguments.push(reader.string());
    else reader.skip();
  }
  reader.leave(outerEnd);
  return filter;
}

function writeFetchResponse(writer: ProtobufWriter, response: FetchResponseV3): void {
  const mark = writer.open(1, response.values.byteLength + response.name.length + 64);
  writer.string(1, response.name);
  writer.string(2, response.pathExpression);
  writer.string(3, response.consolidationFunc);
  writer.int(4, response.startTime);
  writer.int(5, response.stopTime);
  writer.int(6, response.stepTime);
  writer.float(7, response.xFilesFactor);
  writer.bool(8, response.highPrecisionTimestamps ?? false);
  writer.doubles(9, response.values);
  for (const applied of response.appliedFunctions ?? []) writer.element(10, applied);
  writer.int(11, response.requestStartTime);
  writer.int(12, response.requestStopTime);
  writer.close(mark);
}

/**
 * A piece of a MultiFetchResponse: the encodings of several pieces, one behind the other, are one
 * valid message, so a large answer can be sent while it is made.
 */
export function encodeMultiFetchResponse(responses: readonly FetchResponseV3[]): Buffer {
  let bytesExpected = 0;
  for (const { name, pathExpression, values } of responses)
    bytesExpected += values.byteLength + (name.length + pathExpression.length) * 3 + 96;
  const writer = new ProtobufWriter(bytesExpected);
  for (const response of responses) writeFetchResponse(writer, response);
  return writer.finish();
}

/** Values are copied out of `bytes`. Throws an OperatingError `bad-protobuf`. */
export function decodeMultiFetchResponse(bytes: Uint8Array): Required<FetchResponseV3>[] {
  const reader = new ProtobufReader(bytes);
  const responses: Required<FetchResponseV3>[] = [];
  while (reader.next()) {
    if (reader.field === 1) responses.push(readFetchResponse(reader));
    else reader.skip();
  }
  return responses;
}

const noValues = new Float64Array(0);

function readFetchResponse(reader: ProtobufReader): Required<FetchResponseV3> {
  const response: Required<FetchResponseV3> = {
    name: '',
    pathExpression: '',
    consolidationFunc: '',
    startTime: 0,
    stopTime: 0,
    stepTime: 0,
    xFilesFactor: 0,
    highPrecisionTimestamps: false,
    values: noValues,
    appliedFunctions: [],
    requestStartTime: 0,
    requestStopTime: 0,
  };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) response.name = reader.string();
    else if (reader.field === 2) response.pathExpression = reader.string();
    else if (reader.field === 3) response.consolidationFunc = reader.string();
    else if (reader.field === 4) response.startTime = reader.int();
    else if (reader.field === 5) response.stopTime = reader.int();
    else if (reader.field === 6) response.stepTime = reader.int();
    else if (reader.field === 7) response.xFilesFactor = reader.float();
    else if (reader.field === 8) response.highPrecisionTimestamps = reader.bool();
    else if (reader.field === 9) response.values = reader.doubles(response.values);
    else if (reader.field === 10) response.appliedFunctions.push(reader.string());
    else if (reader.field === 11) response.requestStartTime = reader.int();
    else if (reader.field === 12) response.requestStopTime = reader.int();
    else reader.skip();
  }
  reader.leave(outerEnd);
  return response;
}

export function encodeMultiGlobRequest(request: MultiGlobRequestV3): Buffer {
  const writer = new ProtobufWriter();
  for (const metric of request.metrics) writer.element(1, metric);
  writer.int(2, request.startTime ?? 0);
  writer.int(3, request.stopTime ?? 0);
  return writer.finish();
}

/** Throws an OperatingError `bad-protobuf` or `too-many-requests`. */
export function decodeMultiGlobRequest(bytes: Uint8Array): Required<MultiGlobRequestV3> {
  const reader = new ProtobufReader(bytes);
  const request: Required<MultiGlobRequestV3> = { metrics: [], startTime: 0, stopTime: 0 };
  while (reader.next()) {
    if (reader.field === 1) request.metrics.push(reader.string());
    else if (reader.field === 2) request.startTime = reader.int();
    else if (reader.field === 3) request.stopTime = reader.int();
    else reader.skip();
    boundRequests(request.metrics.length);
  }
  return request;
}

/** The fields of one GlobResponse; the message of the same name in carbonapi_v2_pb is identical. */
export function writeGlobResponse(writer: ProtobufWriter, glob: GlobResponse): void {
  writer.string(1, glob.name);
  for (const match of glob.matches) {
    const mark = writer.open(2);
    writer.string(1, match.path);
    writer.bool(2, match.isLeaf);
    writer.close(mark);
  }
}

/** Reads fields up to the end of the message that `reader` is in. */
export function readGlobResponse(reader: ProtobufReader): GlobResponse {
  const glob: GlobResponse = { name: '', matches: [] };
  while (reader.next()) {
    if (reader.field === 1) glob.name = reader.string();
    else if (reader.field === 2) glob.matches.push(readGlobMatch(reader));
    else reader.skip();
  }
  return glob;
}

function readGlobMatch(reader: ProtobufReader): GlobMatch {
  const match: GlobMatch = { path: '', isLeaf: false };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) match.path = reader.string();
    else if (reader.field === 2) match.isLeaf = reader.bool();
    else reader.skip();
  }
  reader.leave(outerEnd);
  return match;
}

export function encodeMultiGlobResponse(globs: readonly GlobResponse[]): Buffer {
  let bytesExpected = 64;
  for (const glob of globs) bytesExpected += 64 + glob.matches.length * 48;
  const writer = new ProtobufWriter(bytesExpected);
  for (const glob of globs) {
    const mark = writer.open(1, glob.matches.length * 32);
    writeGlobResponse(writer, glob);
    writer.close(mark);
  }
  return writer.finish();
}

/** Throws an OperatingError `bad-protobuf`. */
export function decodeMultiGlobResponse(bytes: Uint8Array): GlobResponse[] {
  const reader = new ProtobufReader(bytes);
  const globs: GlobResponse[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const outerEnd = reader.enter();
    globs.push(readGlobResponse(reader));
    reader.leave(outerEnd);
  }
  return globs;
}
