// /render: targets in, series out.
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import { consolidateForDisplay } from '../consolidation.ts';
import { Evaluator } from '../expression/evaluator.ts';
import { Planner } from '../planner.ts';
import type { Series } from '../series.ts';
import { type Api, type Endpoint, jsonpCallback, jsonTextAnswer, readJsonBody } from './api.ts';
import { type RenderParameters, readRenderParameters } from './render-parameters.ts';

/** Events that the events() function counts at most. */
const eventsMax = 100_000;

async function evaluate(
  api: Api,
  parameters: RenderParameters,
  planner: Planner,
  signal: AbortSignal,
): Promise<Series[]> {
  const evaluator = new Evaluator({
    window: parameters.window,
    now: parameters.now,
    timeZone: parameters.timeZone,
    maxDataPoints: parameters.maxDataPoints,
    xFilesFactor: parameters.xFilesFactor,
    planner,
    depthMax: api.config.limits.depth,
    template: parameters.template,
    signal,
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

async function render(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  readJsonBody(request);
  const parameters = readRenderParameters(api, request.parameters);
  const callback = jsonpCallback(api, request.parameters);
  const { series: seriesMax, points: pointsMax } = api.config.limits;
  const planner = new Planner(api.backend, { seriesMax, pointsMax }, request.signal);
  let series = await evaluate(api, parameters, planner, request.signal);
  const { format, maxDataPoints, timeZone, pretty, noNullPoints } = parameters;
  if (format.consolidates && maxDataPoints !== undefined)
    series = consolidateForDisplay(series, maxDataPoints);
  const body = format.encode(series, { timeZone, pretty, noNullPoints });
  if (body.length > api.config.limits.answerBytes)
    throw new HttpError(
      413,
      `the answer would have ${body.length} bytes, more than the ${api.config.limits.answerBytes} allowed (limits.answerBytes); set maxDataPoints or ask for less`,
    );
  const headers: Record<string, string> = {};
  if (planner.warnings.size > 0)
    headers['x-carbonapi-partial'] = [...planner.warnings].join('; ').slice(0, 500);
  if (format.names[0] === 'json') return jsonTextAnswer(body, callback, headers);
  return { headers: { 'content-type': format.contentType, ...headers }, body };
}

export const renderEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request) => render(api, request),
});
