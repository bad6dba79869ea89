// What the handlers share: the store, the configuration, the clock. Made once at start.
import type { Clock } from '../../core/clock.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from '../../core/http.ts';
import { HttpError, parametersMax } from '../../core/http.ts';
import type { Logger } from '../../core/log.ts';
import type { Backend } from '../backends/backend.ts';
import type { CarbonapiConfig } from '../config.ts';
import { createRasterizer, type Rasterizer } from '../drawing/index.ts';
import type { EventStore } from '../events/store.ts';
import { Admission } from '../serving/admission.ts';
import { AnswerCache } from '../serving/answer-cache.ts';
import { InFlight } from '../serving/in-flight.ts';
import { ReadBudget } from '../serving/read-budget.ts';
import { StoreFaults } from '../serving/store-faults.ts';
import type { Found, Rendered } from './facts.ts';
import { Statistics } from './statistics.ts';

export interface Api {
  readonly backend: Backend;
  /** Replaced as a whole when the configuration is read again. */
  config: CarbonapiConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly events: EventStore;
  readonly rasterizer: Rasterizer;
  readonly statistics: Statistics;
  readonly storeFaults: StoreFaults;
  readonly admission: Admission;
  readonly readBudget: ReadBudget;
  readonly rendering: InFlight<Rendered>;
  readonly renderCache: AnswerCache<Rendered>;
  readonly finding: InFlight<Found>;
  readonly findCache: AnswerCache<Found>;
}

/** What the handlers keep between requests, made from the configuration. */
export function createApi(
  parts: Pick<Api, 'backend' | 'config' | 'log' | 'clock' | 'events'>,
): Api {
  const { config, clock, log } = parts;
  return {
    ...parts,
    rasterizer: createRasterizer(),
    statistics: new Statistics(),
    storeFaults: new StoreFaults(log, clock),
    admission: new Admission(config.limits),
    readBudget: new ReadBudget(config.limits.pointsAtOnce),
    rendering: new InFlight(),
    renderCache: new AnswerCache(config.cache.renderBytes, clock, ({ blocks }) => blocks.leave()),
    finding: new InFlight(),
    findCache: new AnswerCache(config.cache.findBytes, clock),
  };
}

/** Applies what can change while running: limits, cors, logging; not addresses, stores and caches. */
export function reconfigure(api: Api, config: CarbonapiConfig): void {
  api.config = config;
  api.log.setLevel(config.logLevel);
  api.admission.limits = config.limits;
  api.readBudget.pointsMax = config.limits.pointsAtOnce;
}

/** One endpoint: which methods it takes and what it does. */
export interface Endpoint {
  readonly methods: readonly string[];
  readonly handler: HttpHandler;
}

const callbackPattern = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/;
const callbackCharactersMax = 100;

/**
 * The callback of a JSONP request, or undefined. Only plain names are taken: anything else could put
 * script of somebody's choice into an answer.
 */
export function jsonpCallback(api: Api, parameters: URLSearchParams): string | undefined {
  const callback = parameters.get('jsonp');
  if (callback === null || callback === '') return undefined;
  if (!api.config.jsonp) throw new HttpError(400, 'JSONP is switched off here (jsonp)');
  if (callback.length > callbackCharactersMax || !callbackPattern.test(callback))
    throw new HttpError(400, 'the jsonp parameter must be a plain function name');
  return callback;
}

/** `text`, which is JSON, as JSON or wrapped for JSONP, as the request wants it. */
export function jsonTextAnswer(
  text: string | Uint8Array,
  callback: string | undefined,
  headers: Record<string, string> = {},
): HttpAnswer {
  if (callback === undefined)
    return { headers: { 'content-type': 'application/json', ...headers }, body: text };
  const plain = typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
  return {
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: `${callback}(${plain})`,
  };
}

/** A value as JSON or JSONP. */
export function valueAnswer(api: Api, request: HttpRequest, value: unknown): HttpAnswer {
  return jsonTextAnswer(JSON.stringify(value), jsonpCallback(api, request.parameters));
}

/** Whether a flag parameter is set: 1, true, yes, or present without a value. */
export function flag(parameters: URLSearchParams, name: string): boolean {
  const value = parameters.get(name);
  return value !== null && !/^(0|false|no|none)$/i.test(value);
}

/** A parameter that is an integer, `fallback` when it is missing. Throws HttpError 400. */
export function integerOf(parameters: URLSearchParams, name: string, fallback: number): number {
  const text = parameters.getAll(name).at(-1);
  if (text === undefined) return fallback;
  if (/^[+-]?\d{1,15}$/.test(text.trim())) return Number(text);
  throw new HttpError(400, `${name} must be an integer, not "${text}"`);
}

/** All values of a parameter that may be written `name`, `name[]` or repeated; empty ones dropped. */
export function listOf(parameters: URLSearchParams, name: string): string[] {
  return [...parameters.getAll(name), ...parameters.getAll(`${name}[]`)].filter(
    (value) => value.trim() !== '',
  );
}

/** Like `listOf`; refuses more than a request may ask for at once. */
export function boundedListOf(
  { config }: Api,
  parameters: URLSearchParams,
  name: string,
): string[] {
  const list = listOf(parameters, name);
  if (list.length > config.limits.targets)
    throw new HttpError(
      400,
      `more than ${config.limits.targets} of ${name} in one request (limits.targets)`,
    );
  return list;
}

/** Adds the fields of a JSON body to the parameters, so that handlers need not care how they came. */
export function readJsonBody(request: HttpRequest): void {
  if (!/^application\/json/i.test(request.headers['content-type'] ?? '')) return;
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch (error) {
    throw new HttpError(
      400,
      `the body is not JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HttpError(400, 'the body must be a JSON object');
  let count = 0;
  for (const [name, value] of Object.entries(body)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (++count > parametersMax)
        throw new HttpError(400, `a body may have ${parametersMax} parameters`);
      if (typeof one === 'string') request.parameters.append(name, one);
      else if (typeof one === 'number' || typeof one === 'boolean')
        request.parameters.append(name, String(one));
      else if (one !== null)
        throw new HttpError(400, `"${name}" must be a text or a list of texts`);
    }
  }
}
