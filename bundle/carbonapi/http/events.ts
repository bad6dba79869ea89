// /events: Graphite's annotations. POST one, read them by time and tags, delete one.
import { type HttpAnswer, HttpError, type HttpRequest, textAnswer } from '../../core/http.ts';
import type { Event, EventQuery } from '../events/store.ts';
import { parseTime } from '../expression/time-range.ts';
import { type Api, type Endpoint, valueAnswer } from './api.ts';
import { timeZoneOf } from './render-parameters.ts';

const eventsMax = 10_000;
const textBytesMax = 64 * 1024;

function textField(body: Record<string, unknown>, name: string): string | undefined {
  const given = body[name];
  if (given === undefined || given === null) return undefined;
  const value = typeof given === 'string' ? given : JSON.stringify(given);
  if (value.length > textBytesMax)
    throw new HttpError(400, `"${name}" is longer than ${textBytesMax} characters`);
  return value;
}

function tagsField(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const list = typeof value === 'string' ? value.split(/\s+/) : value;
  if (!Array.isArray(list) || !list.every((tag) => typeof tag === 'string'))
    throw new HttpError(
      400,
      '"tags" must be a list of texts, or one text with spaces between tags',
    );
  const tags = list.flatMap((tag: string) => tag.split(/\s+/)).filter((tag) => tag !== '');
  return [...new Set(tags)];
}

function bodyOf(request: HttpRequest): Record<string, unknown> {
  if (request.body.length === 0) return Object.fromEntries(request.parameters);
  if (/^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '')) {
    const text = request.body.toString('utf8').trim();
    // curl -d '{…}' sends JSON under the name of a form.
    if (!text.startsWith('{')) return Object.fromEntries(request.parameters);
  }
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new HttpError(400, 'the body must be JSON like {"what": "deployed", "tags": "web prod"}');
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new HttpError(400, 'the body must be a JSON object');
}

function readEvent(request: HttpRequest, now: number): Omit<Event, 'id'> {
  const body = bodyOf(request);
  const what = textField(body, 'what');
  if (what === undefined || what === '') throw new HttpError(400, '"what" is missing');
  const when = body['when'] === undefined || body['when'] === '' ? now : Number(body['when']);
  if (!Number.isFinite(when) || when < 0) throw new HttpError(400, '"when" must be unix seconds');
  return {
    what,
    when: Math.floor(when),
    data: textField(body, 'data') ?? '',
    tags: tagsField(body['tags']),
  };
}

function queryOf(api: Api, parameters: URLSearchParams): EventQuery {
  const now = Math.floor(api.clock() / 1000);
  const context = { now, timeZone: timeZoneOf(parameters, api.config.timeZone) };
  const from = parameters.get('from');
  const until = parameters.get('until');
  const tags = parameters
    .getAll('tags')
    .flatMap((text) => text.split(/\s+/))
    .filter((tag) => tag !== '' && tag !== '*');
  const set = parameters.get('set') === 'union' ? 'union' : 'intersection';
  return {
    ...(from ? { from: parseTime(from, context) } : {}),
    ...(until ? { until: parseTime(until, context) } : {}),
    tags,
    set,
    limit: eventsMax,
  };
}

/** The endpoint of an address under /events, or undefined. */
export function eventsEndpoint(api: Api, path: string): Endpoint | undefined {
  const store = api.events;
  const read = (request: HttpRequest): HttpAnswer =>
    valueAnswer(api, request, store.find(queryOf(api, request.parameters)));
  if (path === '/events/get_data') return { methods: ['GET', 'POST'], handler: read };
  if (path === '/events')
    return {
      methods: ['GET', 'POST'],
      handler: (request) => {
        if (request.method !== 'POST') return read(request);
        const id = store.add(readEvent(request, Math.floor(api.clock() / 1000)));
        return valueAnswer(api, request, { id });
      },
    };
  const id = /^\/events\/(\d{1,15})$/.exec(path)?.[1];
  if (id === undefined) return undefined;
  return {
    methods: ['GET', 'DELETE'],
    handler: (request) => {
      const missing = new HttpError(404, `there is no event ${id}`);
      if (request.method === 'DELETE') {
        if (!store.delete(Number(id))) throw missing;
        return textAnswer('', 204);
      }
      const event = store.get(Number(id));
      if (event === undefined) throw missing;
      // Graphite shows the time of one event as a date, that of many as seconds.
      const when = new Date(event.when * 1000).toISOString().replace('.000Z', 'Z');
      return valueAnswer(api, request, { ...event, when });
    },
  };
}
