// /metrics/find, /metrics/expand, /metrics/index.json: the tree of metric names.
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import type { FoundGlob, FoundNode } from '../backends/backend.ts';
import { parseTime } from '../expression/time-range.ts';
import { findFormatNamed, findFormats } from '../formats/find/index.ts';
import type { TimeWindow } from '../series.ts';
import {
  type Api,
  boundedListOf,
  type Endpoint,
  flag,
  integerOf,
  jsonpCallback,
  jsonTextAnswer,
  readJsonBody,
  valueAnswer,
} from './api.ts';
import type { Found } from './facts.ts';
import { warnerOf } from './partial.ts';
import { timesOf, timeZoneOf } from './render-parameters.ts';

const nodeOrder = (a: FoundNode, b: FoundNode): number => {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return Number(a.isLeaf) - Number(b.isLeaf);
};

/** The window in which metrics have to exist, if the request names one. */
function findWindow(api: Api, parameters: URLSearchParams): TimeWindow | undefined {
  const timeZone = timeZoneOf(parameters, api.config.timeZone);
  const clockNow = Math.floor(api.clock() / 1000);
  const nowText = parameters.get('now');
  const now = nowText ? parseTime(nowText, { now: clockNow, timeZone }) : clockNow;
  const times = new URLSearchParams();
  for (const name of ['from', 'until']) {
    const text = parameters.get(name) ?? '';
    // -1 is how Graphite's own programs say "any".
    if (text !== '' && text !== '-1') times.set(name, text);
  }
  if (times.size === 0) return undefined;
  const window = timesOf(times, { now, timeZone });
  if (window.start > window.end) throw new HttpError(400, 'from is later than until');
  return window;
}

const nodeBytes = 100;

async function askStore(
  api: Api,
  queries: readonly string[],
  window: TimeWindow | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const warnings = new Set<string>();
  const globs = await api.backend.find(queries, window, signal, (text) => warnings.add(text));
  return { globs, warnings };
}

/** Asks the store, or joins or repeats an answer to the same question. */
function ask(api: Api, queries: readonly string[], request: HttpRequest): Promise<Found> {
  const window = findWindow(api, request.parameters);
  if (flag(request.parameters, 'noCache')) return askStore(api, queries, window, request.signal);
  const key = JSON.stringify([queries, window]);
  const kept = api.findCache.get(key);
  if (kept !== undefined) return Promise.resolve(kept);
  return api.finding.run(key, request.signal, async (signal) => {
    const found = await askStore(api, queries, window, signal);
    let bytes = 0;
    for (const { nodes } of found.globs)
      for (const { path } of nodes) bytes += path.length * 2 + nodeBytes;
    if (bytes > 0 && found.warnings.size === 0)
      api.findCache.set(key, found, bytes, api.config.cache.findMs);
    return found;
  });
}

async function findAll(
  api: Api,
  queries: readonly string[],
  request: HttpRequest,
): Promise<FoundGlob[]> {
  const { globs, warnings } = await ask(api, queries, request);
  warnings.forEach(warnerOf(request));
  const leavesOnly = integerOf(request.parameters, 'leavesOnly', 0) !== 0;
  return globs.map(({ query, nodes }) => ({
    query,
    nodes: nodes.filter(({ isLeaf }) => isLeaf || !leavesOnly).sort(nodeOrder),
  }));
}

function queryOf(parameters: URLSearchParams): string {
  const query = parameters.getAll('query').at(-1) ?? '';
  if (query.trim() === '') throw new HttpError(400, 'the parameter query is missing');
  return query.trim();
}

async function find(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  readJsonBody(request);
  const { parameters } = request;
  const name = parameters.get('format') ?? 'treejson';
  const format = findFormatNamed(name);
  if (format === undefined) {
    const known = findFormats.map(({ names }) => names[0]).join(', ');
    throw new HttpError(400, `there is no find format "${name}"; known are ${known}`);
  }
  const asked = queryOf(parameters);
  integerOf(parameters, 'local', 0);
  const variants = integerOf(parameters, 'automatic_variants', 0) !== 0;
  const query = format.queryFor?.(asked, { variants }) ?? asked;
  const [found] = await findAll(api, [query], request);
  const body = format.encode({
    query,
    nodes: found?.nodes ?? [],
    wildcards: integerOf(parameters, 'wildcards', 0) !== 0,
    position: integerOf(parameters, 'position', -1),
  });
  if (format.contentType !== 'application/json')
    return { headers: { 'content-type': format.contentType }, body };
  return jsonTextAnswer(body, jsonpCallback(api, parameters));
}

async function expand(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  readJsonBody(request);
  const queries = [...new Set(boundedListOf(api, request.parameters, 'query'))];
  const found = queries.length === 0 ? [] : await findAll(api, queries, request);
  const paths = (nodes: readonly FoundNode[]) => [...new Set(nodes.map(({ path }) => path))].sort();
  const results = integerOf(request.parameters, 'groupByExpr', 0)
    ? Object.fromEntries(found.map(({ query, nodes }) => [query, paths(nodes)]))
    : paths(found.flatMap(({ nodes }) => nodes));
  return valueAnswer(api, request, { results });
}

export const findEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request) => find(api, request),
});

export const expandEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: (request) => expand(api, request),
});

/** Every name of the tree; tagged series are not in it. */
export const indexEndpoint = (api: Api): Endpoint => ({
  methods: ['GET', 'POST'],
  handler: async (request) => {
    const names = await api.backend.list(request.signal, warnerOf(request));
    return valueAnswer(api, request, names.filter((name) => !name.includes(';')).sort());
  },
});
