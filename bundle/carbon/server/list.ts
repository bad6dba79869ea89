// /metrics/list, /metrics/index.json, /metrics/details, /metrics/list_query: every series, with or
// without the size and times of its file. Answers are streamed: a million names are 60 MB.
import { stat, statfs } from 'node:fs/promises';
import { HttpError, type HttpHandler } from '../../core/http.ts';
import {
  carbonapiV3ContentType,
  carbonapiV3Protocol,
  encodeListMetricsResponse,
  encodeMetricDetailsResponse,
  type MetricDetails,
} from '../../wire/carbonapi-v3.ts';
import { runInSlices } from '../metric-index/index.ts';
import { type CarbonserverContext, formatOrRefuse, requestedFormat } from './context.ts';
import { sendPieces } from './stream.ts';

/** The file of a metric, or undefined when it cannot have one. */
export type FileOf = (metric: string) => string | undefined;

const protobufFormats = [
  { names: ['protobuf', 'protobuf3', 'carbonapi_v2_pb'], contentType: 'application/x-protobuf' },
  { names: [carbonapiV3Protocol], contentType: carbonapiV3ContentType },
];
const listFormats = [{ names: ['json'], contentType: 'application/json' }, ...protobufFormats];
const namesPerPiece = 500;
const filesPerBatch = 64;

export function listHandler(context: CarbonserverContext): HttpHandler {
  return (request, response) => {
    context.statistics.list_requests++;
    const format = formatOrRefuse(listFormats, requestedFormat(request));
    const isJson = format.names.includes('json');
    const pieces = isJson
      ? jsonNames(context.index.names(), '{"Metrics":[', ']}')
      : protobufNames(context);
    return sendPieces(request, response, format.contentType, pieces);
  };
}

/** graphite-web's list: bare JSON, and only what its tree shows, which is not tagged series. */
export function indexJsonHandler(context: CarbonserverContext): HttpHandler {
  return (request, response) => {
    context.statistics.list_requests++;
    return sendPieces(
      request,
      response,
      'application/json',
      jsonNames(context.index.untaggedNames(), '[', ']'),
    );
  };
}

function* batches(names: Iterable<string>, size: number): Generator<string[]> {
  let batch: string[] = [];
  for (const name of names) {
    batch.push(name);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function* jsonNames(
  names: Iterable<string>,
  head: string,
  tail: string,
): Generator<Uint8Array, void> {
  let separator = head;
  for (const batch of batches(names, namesPerPiece)) {
    yield Buffer.from(separator + batch.map((name) => JSON.stringify(name)).join(','));
    separator = ',';
  }
  yield Buffer.from((separator === head ? head : '') + tail);
}

function* protobufNames({ index }: CarbonserverContext): Generator<Uint8Array, void> {
  for (const batch of batches(index.names(), namesPerPiece)) yield encodeListMetricsResponse(batch);
}

async function detailsOf(name: string, file: string | undefined): Promise<MetricDetails> {
  const details = { name, size: 0, realSize: 0, modTime: 0, aTime: 0, rdTime: 0 };
  if (file === undefined) return details;
  try {
    const { size, blocks, mtimeMs, atimeMs } = await stat(file);
    const modTime = Math.floor(mtimeMs / 1000);
    const aTime = Math.floor(atimeMs / 1000);
    return { name, size, realSize: blocks * 512, modTime, aTime, rdTime: aTime };
  } catch {
    return details; // only in the cache so far
  }
}

async function spaceOf(directory: string): Promise<{ freeSpace: number; totalSpace: number }> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { freeSpace: bavail * bsize, totalSpace: blocks * bsize };
}

export function detailsHandler(
  context: CarbonserverContext,
  files: { directory: string; fileOf: FileOf },
): HttpHandler {
  return async (request, response) => {
    context.statistics.details_requests++;
    const format = formatOrRefuse(listFormats, requestedFormat(request));
    const space = await spaceOf(files.directory);
    response.writeHead(200, { 'content-type': format.contentType });
    const isJson = format.names.includes('json');
    let separator = '{"Metrics":[';
    for (const batch of batches(context.index.names(), filesPerBatch)) {
      const metrics = await Promise.all(batch.map((name) => detailsOf(name, files.fileOf(name))));
      const piece = isJson
        ? separator + metrics.map(detailsJson).join(',')
        : encodeMetricDetailsResponse({ metrics, freeSpace: 0, totalSpace: 0 });
      separator = ',';
      if (!response.write(piece))
        await new Promise<void>((resolve) => {
          response.once('drain', resolve);
          response.once('close', resolve);
        });
      if (request.signal.aborted) return undefined;
    }
    response.end(
      isJson
        ? `${separator === ',' ? '' : separator}],"FreeSpace":${space.freeSpace},"TotalSpace":${space.totalSpace}}`
        : encodeMetricDetailsResponse({ metrics: [], ...space }),
    );
    return undefined;
  };
}

const detailsJson = ({ name, size, modTime, aTime, rdTime }: MetricDetails): string =>
  JSON.stringify({ Size: size, ModTime: modTime, ATime: aTime, RdTime: rdTime, Name: name });

/** Sizes of what a glob matches: `target`, `leaf_only`, `stats_only`, `limit`. */
export function listQueryHandler(
  context: CarbonserverContext,
  files: { fileOf: FileOf },
): HttpHandler {
  return async (request) => {
    context.statistics.list_requests++;
    const { parameters } = request;
    const target = parameters.get('target') ?? '';
    if (target === '') throw new HttpError(400, 'no target: say which metrics to list');
    const limit = Number(parameters.get('limit') ?? 65_536);
    if (!(limit >= 0)) throw new HttpError(400, 'parameter limit has to be a number');
    const leafOnly = parameters.get('leaf_only') === 'true';
    const names: string[] = [];
    for (const query of leafOnly ? [target] : [target, `${target}.**`])
      for (const { path, isLeaf } of await runInSlices(
        context.index.findWork(query, context.limits.findMatchesMax),
        request,
      ))
        if (isLeaf) names.push(path);
    const metrics: MetricDetails[] = [];
    for (const batch of batches(names.slice(0, limit), filesPerBatch))
      metrics.push(
        ...(await Promise.all(batch.map((name) => detailsOf(name, files.fileOf(name))))),
      );
    const answer = {
      Count: metrics.length,
      PhysicalSize: metrics.reduce((sum, { realSize }) => sum + realSize, 0),
      LogicalSize: metrics.reduce((sum, { size }) => sum + size, 0),
      Metrics:
        parameters.get('stats_only') === 'true'
          ? []
          : metrics.map(({ name, realSize, size }) => ({
              Name: name,
              PhysicalSize: realSize,
              LogicalSize: size,
            })),
    };
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
  };
}
