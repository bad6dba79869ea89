// /metrics/find, /metrics/expand, /metrics/index.json: the tree of metric names.
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import type { FoundGlob, FoundNode } from '../backends/backend.ts';
import { findFormatNamed, findFormats } from '../formats/find/index.ts';
import type { TimeWindow } from '../series.ts';
import {
  type Api,
  type Endpoint,
  flag,
  jsonpCallback,
  jsonTextAnswer,
  listOf,
  readJsonBody,
  valueAnswer,
} from './api.ts';
import { timeZoneOf, windowOf } from './render-parameters.ts';

const nodeOrder = (a: FoundNode, b: FoundNode): number => {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return Number(a.isLeaf) - Number(b.isLeaf);
};

/** The window in which metrics have to exist, if the request names one. */
function findWindow(api: Api, parameters: URLSearchParams): TimeWindow | undefined {
  if (!parameters.get('from') && !parameters.get('until')) return undefined;
  const now = Math.floor(api.clock() / 1000);
  const timeZone = timeZoneOf(parameters, api.config.timeZone);
  return windowOf(parameters, { now, timeZone });
}

const nodeBytes = 100;

/** Asks the store, or joins or repeats an answer to the same question. */
function ask(api: Api, queries: readonly string[], request: HttpRequest): Promise<FoundGlob[]> {
  const window = findWindow(api, request.parameters);
  if (flag(request.parameters, 'noCache')) return api.backend.find(queries, window, request.signal);
  const key = JSON.stringify([queries, window]);
  const kept = api.findCache.get(key);
  if (kept !== undefined) return Promise.resolve(kept);
  return api.finding.run(key, request.signal, async (signal) => {
    const found = await api.backend.find(queries, window, signal);
    let bytes = 0;
    for (const { nodes } of found)
      for (const { path } of nodes) bytes += path.length * 2 + nodeBytes;
    if (bytes > 0) api.findCache.set(key, found, bytes, api.config.cache.findMs);
    return found;
  });
}

async function findAll(
  api: Api,
  queries: readonly string[],
  request: HttpRequest,
): Promise<FoundGlob[]> {
  const found = await ask(api, queries, request);
  const leavesOnly = flag(request.parameters, 'leavesOnly');
  return found.map(({ query, nodes }) => ({
    query,
    nodes: nodes.filter(({ isLeaf }) => isLeaf || !leavesOnly).sort(nodeOrder),
  }));
}

function queryOf(parameters: URLSearchParams): string {
  const query = parameters.getAll('query').find((text) => text.trim() !== '');
  if (query === undefined) throw new HttpError(400, 'the parameter query is missing');
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
  const query = format.queryFor?.(asked) ?? asked;
  const [found] = await findAll(api, [query], request);
  const body = format.encode({
    query,
    nodes: found?.nodes ?? [],
    wildcards: flag(parameters, 'wildcards'),
  });
  if (format.contentType !== 'application/json')
    return { headers: { 'content-type': format.contentType }, body };
  return jsonTextAnswer(body, jsonpCallback(api, parameters));
}

async function expand(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  readJsonBody(request);
  const queries = [...new Set(listOf(request.parameters, 'query'))];
  if (queries.length === 0) throw new HttpError(400, 'the parameter query is missing');
  const found = await findAll(api, queries, request);
  const paths = (nodes: readonly FoundNode[]) => [...new Set(nodes.map(({ path }) => path))].sort();
  const results = flag(request.parameters, 'groupByExpr')
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
    const names = await api.backend.list(request.signal);
    return valueAnswer(api, request, names.filter((name) => !name.includes(';')).sort());
  },
});
