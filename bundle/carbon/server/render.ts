// /render: the points of series, sent while they are read.
import { codeOf, messageOf } from '../../core/errors.ts';
import { HttpError, type HttpHandler, type HttpRequest } from '../../core/http.ts';
import { consolidatePoints, pointsPerBucket } from '../../points/consolidation.ts';
import { decodeMultiFetchRequest } from '../../wire/carbonapi-v3.ts';
import {
  type ConsolidationRequest,
  consolidationApplied,
  consolidationOf,
} from '../../wire/consolidation-request.ts';
import {
  type RenderedSeries,
  type RenderResponseFormat,
  renderResponseFormats,
} from '../../wire/render-response/index.ts';
import { runInSlices, type Work } from '../metric-index/index.ts';
import {
  boundQueries,
  type CarbonserverContext,
  formatOrRefuse,
  hasMessageBody,
  requestedFormat,
} from './context.ts';
import { sendPieces } from './stream.ts';

/** One metric to read for one of the requested targets. */
interface Wanted {
  metric: string;
  pathExpression: string;
  from: number;
  until: number;
  /** How its values are to be consolidated, over its own range. */
  consolidation?: ConsolidationRequest;
}

/** Values that are encoded together; and what a series takes beside its values, about. */
const batchBytes = 128 * 1024;
const seriesBytes = 500;
/** Series between two looks at the clock, and the time after which what is read is handed on. */
const seriesPerLook = 8;
const batchMillisecondsMax = 1;
const noBytes = new Uint8Array(0);

export function renderHandler(context: CarbonserverContext): HttpHandler {
  const { statistics } = context;
  return async (request, response) => {
    statistics.render_requests++;
    try {
      const formatName = requestedFormat(request);
      const format = formatOrRefuse(renderResponseFormats, formatName);
      const targets = hasMessageBody(request, formatName)
        ? targetsOfMessage(request)
        : targetsOfParameters(request);
      boundQueries(context, targets.length);
      const wanted = await runInSlices(resolve(context, targets), request);
      const pieces = format.needsCount
        ? countedPieces(context, format, wanted)
        : streamedPieces(context, format, wanted);
      return await sendPieces(request, response, format.contentType, pieces);
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 404)) statistics.render_errors++;
      throw error;
    }
  };
}

function targetsOfMessage(request: HttpRequest): Wanted[] {
  return decodeMultiFetchRequest(request.body).map(
    ({ name, pathExpression, startTime, stopTime, filterFunctions }) => {
      checkWindow(startTime, stopTime);
      const consolidation = consolidationOf(filterFunctions);
      return {
        metric: name,
        pathExpression: pathExpression === '' ? name : pathExpression,
        from: startTime,
        until: stopTime,
        ...(consolidation === undefined ? {} : { consolidation }),
      };
    },
  );
}

function targetsOfParameters(request: HttpRequest): Wanted[] {
  const from = timeParameter(request, 'from');
  const until = timeParameter(request, 'until');
  checkWindow(from, until);
  return request.parameters
    .getAll('target')
    .map((target) => ({ metric: target, pathExpression: target, from, until }));
}

function timeParameter(request: HttpRequest, name: string): number {
  const text = request.parameters.get(name) ?? '';
  if (!/^-?\d{1,12}$/.test(text))
    throw new HttpError(
      400,
      `parameter ${name} has to be unix seconds, not ${JSON.stringify(text.slice(0, 50))}`,
    );
  return Number(text);
}

function checkWindow(from: number, until: number): void {
  if (from > until) throw new HttpError(400, `from (${from}) lies after until (${until})`);
}

/**
 * Globs and seriesByTag replaced by the series they match. One work for all targets: ten thousand
 * of their own, each short, would hold the event loop from the first to the last.
 */
function* resolve(context: CarbonserverContext, targets: Wanted[]): Work<Wanted[]> {
  const { renderSeriesMax } = context.limits;
  if (targets.length === 0) throw new HttpError(400, 'no target: say which metrics to render');
  const wanted: Wanted[] = [];
  for (const target of targets) {
    const expressions = tagExpressionsOf(target.metric);
    const metrics =
      expressions === undefined
        ? yield* leavesOf(context, target.metric)
        : yield* context.index.tags.findSeries(expressions, renderSeriesMax);
    for (const metric of metrics) wanted.push({ ...target, metric });
    if (wanted.length > renderSeriesMax)
      throw new HttpError(
        400,
        `the request matched more than ${renderSeriesMax} series, narrow it`,
      );
    yield;
  }
  return wanted;
}

function* leavesOf({ index, limits }: CarbonserverContext, query: string): Work<string[]> {
  // A path can be branch and series at once, so there are up to twice as many nodes.
  const nodes = yield* index.findWork(query, limits.renderSeriesMax * 2);
  return nodes.filter(({ isLeaf }) => isLeaf).map(({ path }) => path);
}

/** graphite-web sends its seriesByTag('a=b', "c=~d") to the store as it is. */
function tagExpressionsOf(target: string): string[] | undefined {
  const call = /^seriesByTag\((.*)\)$/s.exec(target.trim());
  if (call === null) return undefined;
  const list = /^(?:\s*(?:'[^']*'|"[^"]*")\s*(?:,|$))+$/;
  if (!list.test(call[1]!))
    throw new HttpError(400, `cannot read ${JSON.stringify(target.slice(0, 200))}`);
  return [...call[1]!.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
}

function consolidated(
  series: RenderedSeries,
  { maxDataPoints, by }: ConsolidationRequest,
): RenderedSeries {
  const { startTime: start, stopTime: end, stepTime: step, values } = series;
  const perBucket = pointsPerBucket(step, end - start, maxDataPoints);
  if (perBucket === 1) return series;
  const consolidate = by || series.consolidationFunc;
  const column = { start, end, step, values, consolidate, xFilesFactor: 0 };
  const made = consolidatePoints(column, perBucket);
  return {
    ...series,
    startTime: made.start,
    stopTime: made.start + made.values.length * made.step,
    stepTime: made.step,
    values: made.values,
    appliedFunctions: [consolidationApplied({ start, end, step })],
  };
}

function read(context: CarbonserverContext, wanted: Wanted): RenderedSeries | undefined {
  const { reader, statistics } = context;
  const { metric, pathExpression, from, until, consolidation } = wanted;
  try {
    const fetched = reader.fetch(metric, from, until, context.nowSeconds());
    if (fetched === undefined) return undefined;
    const { start, step, values } = fetched;
    statistics.metrics_returned++;
    statistics.points_returned += values.length;
    const series: RenderedSeries = {
      name: metric,
      pathExpression,
      consolidationFunc: fetched.aggregationMethod,
      startTime: start,
      stopTime: start + values.length * step,
      stepTime: step,
      xFilesFactor: fetched.xFilesFactor,
      values,
      requestStartTime: from,
      requestStopTime: until,
    };
    return consolidation === undefined ? series : consolidated(series, consolidation);
  } catch (error) {
    // One broken file must not cost its neighbours.
    if (codeOf(error) === undefined) throw error;
    statistics.metrics_unreadable++;
    context.log.warn(`cannot read a series: ${messageOf(error)}`, { metric });
    return undefined;
  }
}

/**
 * Series in batches of about a chunk each, so that a chunk is encoded in one go; an empty batch is
 * only a place to pause.
 */
function* batches(context: CarbonserverContext, wanted: Wanted[]): Generator<RenderedSeries[]> {
  let batch: RenderedSeries[] = [];
  let bytes = 0;
  let looked = 0;
  let begun = performance.now();
  for (const one of wanted) {
    const series = read(context, one);
    if (series !== undefined) batch.push(series);
    bytes += (series?.values.byteLength ?? 0) + seriesBytes;
    const isLate =
      ++looked % seriesPerLook === 0 && performance.now() - begun > batchMillisecondsMax;
    if (bytes < batchBytes && !isLate) continue;
    yield batch;
    batch = [];
    bytes = 0;
    begun = performance.now();
  }
  if (batch.length > 0) yield batch;
}

const notFound = (): HttpError => new HttpError(404, 'no metric matches');

function* streamedPieces(
  context: CarbonserverContext,
  format: RenderResponseFormat,
  wanted: Wanted[],
): Generator<Uint8Array, void> {
  let isFirst = true;
  for (const batch of batches(context, wanted)) {
    if (batch.length === 0) {
      yield noBytes;
      continue;
    }
    if (isFirst) yield format.head(wanted.length);
    yield format.piece(batch, isFirst);
    isFirst = false;
  }
  if (isFirst) {
    if (!format.allowsEmpty) throw notFound();
    yield format.head(0);
  }
  yield format.tail();
}

function* countedPieces(
  context: CarbonserverContext,
  format: RenderResponseFormat,
  wanted: Wanted[],
): Generator<Uint8Array, void> {
  const pieces: Uint8Array[] = [];
  let count = 0;
  for (const batch of batches(context, wanted)) {
    yield noBytes;
    if (batch.length > 0) pieces.push(format.piece(batch, count === 0));
    count += batch.length;
  }
  if (count === 0 && !format.allowsEmpty) throw notFound();
  yield format.head(count);
  yield* pieces;
  yield format.tail();
}
