// /render: targets in, series out. Repeated and simultaneous requests are worked out once; a large
// answer is streamed.
import type { ServerResponse } from 'node:http';
import { OperatingError } from '../../core/errors.ts';
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import { consolidatorFor, isConsolidatedAlike } from '../consolidation.ts';
import { Evaluator } from '../expression/evaluator.ts';
import { evaluatePieces } from '../expression/pieces.ts';
import { Planner } from '../planner.ts';
import type { Series } from '../series.ts';
import { Blocks } from '../serving/blocks.ts';
import { Turns } from '../serving/turn.ts';
import { type Api, type Endpoint, jsonpCallback, jsonTextAnswer, readJsonBody } from './api.ts';
import { noteFacts, type Rendered } from './facts.ts';
import { joinWarnings, partialHeader, partialHeaderValue, warnerOf } from './partial.ts';
import { type RenderParameters, readRenderParameters } from './render-parameters.ts';
import { bytesOf, gather, sendParts, streamAnswer } from './stream.ts';

/** Answers up to this size are made whole, and may be kept; larger ones are streamed. */
const wholeBytesMax = 1024 * 1024;
/** The least a point takes in an answer, `[1,1700000000],`: tells early that a limit will be passed. */
const pointBytesMin = 15;
/** Events that the events() function counts at most. */
const eventsMax = 100_000;

interface Progress {
  signal: AbortSignal;
  turns: Turns;
}

async function seriesOf(
  api: Api,
  parameters: RenderParameters,
  planner: Planner,
  { signal, turns, consolidateTo }: Progress & { consolidateTo?: number },
): Promise<Series[]> {
  const evaluator = new Evaluator({
    window: parameters.window,
    now: parameters.now,
    timeZone: parameters.timeZone,
    maxDataPoints: parameters.maxDataPoints,
    ...(consolidateTo === undefined ? {} : { consolidateTo }),
    xFilesFactor: parameters.xFilesFactor,
    planner,
    depthMax: api.config.limits.depth,
    template: parameters.template,
    signal,
    turns,
    events: async (tags, { start, end }) =>
      api.events.find({
        from: start,
        until: end,
        tags: tags.filter((tag) => tag !== '*'),
        limit: eventsMax,
      }),
  });
  return (await evaluator.evaluateTargets(parameters.targets)).flat();
}

/** The series of the answer: consolidated, where the store could do that, by the store. */
async function evaluate(
  api: Api,
  parameters: RenderParameters,
  planner: Planner,
  progress: Progress,
): Promise<Series[]> {
  const { format, maxDataPoints, xFilesFactor } = parameters;
  if (!format.consolidates || maxDataPoints === undefined)
    return seriesOf(api, parameters, planner, progress);
  const storeMay = maxDataPoints > 1 && xFilesFactor === 0;
  const asked = storeMay ? { ...progress, consolidateTo: maxDataPoints } : progress;
  let series = await seriesOf(api, parameters, planner, asked);
  if (!isConsolidatedAlike(series, maxDataPoints)) {
    planner.startOver();
    series = await seriesOf(api, parameters, planner, progress);
  }
  const consolidate = consolidatorFor(series, maxDataPoints);
  return evaluatePieces(
    series,
    (piece) => piece.map(consolidate),
    () => progress.turns.pause(),
  );
}

/** The least an answer can have; refuses what will be too much. */
function bytesExpected(series: readonly Series[], bytesMax: number): number {
  let points = 0;
  for (const { values } of series) points += values.length;
  const bytes = points * pointBytesMin;
  if (bytes <= bytesMax) return bytes;
  throw new HttpError(
    413,
    `the answer would have ${points} points and more than the ${bytesMax} bytes allowed (limits.answerBytes); set maxDataPoints or ask for less`,
  );
}

/** The whole answer, or undefined when it is too large to be held. */
async function wholeAnswer(
  api: Api,
  series: readonly Series[],
  parameters: RenderParameters,
  { turns, blocks }: { turns: Turns; blocks: Blocks },
): Promise<Uint8Array[] | undefined> {
  const { format } = parameters;
  const options = { ...parameters, blocks };
  if (format.image !== undefined) {
    const svg = [...format.encode(series, parameters)].join('');
    return [format.image === 'svg' ? Buffer.from(svg) : await api.rasterizer.png(svg)];
  }
  if (bytesExpected(series, api.config.limits.answerBytes) >= wholeBytesMax) return undefined;
  const chunks = format.encode(series, options)[Symbol.iterator]();
  const { parts, complete } = await gather(chunks, wholeBytesMax, turns);
  return complete ? parts : undefined;
}

/** Works out an answer; ends with an error when `signal` fires or the time is up. */
async function work(api: Api, parameters: RenderParameters, outer: AbortSignal): Promise<Rendered> {
  const { limits } = api.config;
  const abort = new AbortController();
  const forward = (): void => abort.abort(outer.reason);
  outer.addEventListener('abort', forward, { once: true });
  if (outer.aborted) forward();
  const deadline = setTimeout(() => {
    const text = `the request takes longer than ${limits.timeSeconds} s (limits.timeSeconds)`;
    abort.abort(new OperatingError('too-slow', `${text}; ask for less at once`));
  }, limits.timeSeconds * 1000);
  const { signal } = abort;
  const turns = new Turns();
  const reads = { seriesMax: limits.series, pointsMax: limits.points };
  const account = api.readBudget.open();
  const planner = new Planner(api.backend, reads, {
    signal,
    xFilesFactor: parameters.xFilesFactor,
    ...(parameters.now < api.clock() / 1000 - 1 ? { until: parameters.now } : {}),
    account,
    turns,
  });
  try {
    const series = await evaluate(api, parameters, planner, { signal, turns });
    account.finishReading();
    const blocks = new Blocks();
    const parts = await wholeAnswer(api, series, parameters, { turns, blocks });
    const { seriesRead, pointsRead, fetches } = planner;
    // The series of a large answer are held by those who send it.
    if (parts === undefined) holdForThisRound(account);
    setImmediate(() => blocks.leave());
    return {
      facts: {
        series: seriesRead,
        points: pointsRead,
        fetches,
        cached: false,
        targets: parameters.targets,
      },
      warnings: joinWarnings(planner.warnings),
      parts,
      series: parts === undefined ? series : [],
      account,
      blocks,
    };
  } catch (error) {
    // Other reads of the request may be going on.
    abort.abort(error);
    throw error;
  } finally {
    account.leave();
    clearTimeout(deadline);
    outer.removeEventListener('abort', forward);
  }
}

/** Whoever waits for an answer goes on, and holds what it needs, before the next round. */
function holdForThisRound(held: { hold(): void; leave(): void }): void {
  held.hold();
  setImmediate(() => held.leave());
}

/** Requests with the same key have the same answer, as long as it is fresh. */
function keyOf(request: HttpRequest, parameters: RenderParameters): string {
  const relevant = [...request.parameters].filter(
    ([name]) => name !== 'jsonp' && name !== 'noCache' && name !== '_salt' && name !== '_t',
  );
  return JSON.stringify([parameters.format.names[0], relevant]);
}

/** An answer that others have worked out. */
const asCached = (answer: Rendered): Rendered => ({
  ...answer,
  facts: { ...answer.facts, cached: true },
});

async function rendered(
  api: Api,
  request: HttpRequest,
  parameters: RenderParameters,
): Promise<Rendered> {
  const start = (signal: AbortSignal): Promise<Rendered> =>
    api.admission.run(request.remoteAddress, signal, () => work(api, parameters, signal));
  if (parameters.noCache) return start(request.signal);
  const key = keyOf(request, parameters);
  const kept = api.renderCache.get(key);
  if (kept !== undefined) {
    holdForThisRound(kept.blocks);
    return asCached(kept);
  }
  let isOwn = false;
  const answer = await api.rendering.run(key, request.signal, async (signal) => {
    isOwn = true;
    const made = await start(signal);
    const { parts, facts, warnings } = made;
    if (parts !== undefined && facts.series > 0 && warnings === '') {
      const isKept = api.renderCache.set(key, made, bytesOf(parts), api.config.cache.renderMs);
      if (isKept) made.blocks.hold();
    }
    return made;
  });
  return isOwn ? answer : asCached(answer);
}

async function render(
  api: Api,
  request: HttpRequest,
  response: ServerResponse,
): Promise<HttpAnswer | undefined> {
  readJsonBody(request);
  const parameters = readRenderParameters(api, request);
  const { format } = parameters;
  const callback = jsonpCallback(api, request.parameters);
  const answer = await rendered(api, request, parameters);
  const { facts, warnings, parts, series, account, blocks } = answer;
  noteFacts(request, facts);
  const headers: Record<string, string> = {
    'content-type': format.contentType,
  };
  if (warnings !== '') {
    warnerOf(request)(warnings);
    headers[partialHeader] = partialHeaderValue(warnings);
  }
  if (parts !== undefined) {
    blocks.hold();
    response.once('close', () => blocks.leave());
    if (callback === undefined || format.contentType !== 'application/json')
      return sendParts(request, response, headers, parts);
    return jsonTextAnswer(Buffer.concat(parts), callback);
  }
  if (callback !== undefined)
    throw new HttpError(413, 'the answer is too large for JSONP; ask for less, or for JSON');
  const chunks = format.encode(series, parameters)[Symbol.iterator]();
  const limits = { bytesMax: api.config.limits.answerBytes, turns: new Turns() };
  account.hold();
  try {
    await streamAnswer(request, response, { headers, chunks }, limits);
  } finally {
    account.leave();
  }
  return undefined;
}

export const renderEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request, response) => render(api, request, response),
});
