// /tags: graphite-web's addresses over the tag index of the stores.
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import { compileRegex } from '../../core/safe-regex.ts';
import { checkTagExpressions, selectsSeries } from '../tag-expressions.ts';
import { type Api, type Endpoint, integerOf, listOf, readJsonBody, valueAnswer } from './api.ts';
import { warnerOf } from './partial.ts';

const autoCompleteLimitDefault = 100;
/** How many names are wanted; undefined: all, which a negative limit means as well. */
function limitOf(parameters: URLSearchParams, fallback: number | undefined): number | undefined {
  if (parameters.get('limit') === '') return fallback;
  const limit = integerOf(parameters, 'limit', fallback ?? -1);
  return limit < 0 ? undefined : limit;
}

function filterOf(parameters: URLSearchParams): { regex?: string } {
  const filter = parameters.get('filter');
  if (filter === null || filter === '') return {};
  compileRegex(filter);
  return { regex: filter };
}

/** Fields without undefined ones. */
function withLimit(limit: number | undefined): { limit?: number } {
  return limit === undefined ? {} : { limit };
}

/** When to give a question up, and whom to tell that a store did not answer. */
const askingOf = (request: HttpRequest) => ({ signal: request.signal, warn: warnerOf(request) });

async function list(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const { parameters } = request;
  const limit = limitOf(parameters, undefined);
  const query = { ...filterOf(parameters), ...withLimit(limit), ...askingOf(request) };
  const names = limit === 0 ? [] : await api.backend.tags.tagNames(query);
  return valueAnswer(
    api,
    request,
    names.map((tag) => ({ tag })),
  );
}

async function details(api: Api, request: HttpRequest, tag: string): Promise<HttpAnswer> {
  const { parameters } = request;
  const limit = limitOf(parameters, undefined);
  const { tags } = api.backend;
  const asking = askingOf(request);
  const query = { tag, ...filterOf(parameters), ...withLimit(limit), ...asking };
  const values = limit === 0 ? [] : await tags.tagValues(query);
  // A tag that nobody has is null; one whose values are all filtered out is not.
  const isKnown =
    values.length > 0 || (await tags.tagValues({ tag, limit: 1, ...asking })).length > 0;
  return valueAnswer(api, request, isKnown ? { tag, values } : null);
}

async function findSeries(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const expressions = listOf(request.parameters, 'expr');
  if (expressions.length === 0) throw new HttpError(400, 'the parameter expr is missing');
  checkTagExpressions(expressions);
  const found = await api.backend.tags.findSeries(expressions, request.signal, warnerOf(request));
  return valueAnswer(api, request, found.sort());
}

/** The expressions of a request; `implied` holds besides, which matters where the others select nothing. */
function expressionsFor(parameters: URLSearchParams, implied?: string): string[] {
  const expressions = listOf(parameters, 'expr');
  if (expressions.length === 0) return expressions;
  if (implied !== undefined && !selectsSeries(expressions)) expressions.push(implied);
  checkTagExpressions(expressions);
  return expressions;
}

async function completeTags(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const { parameters } = request;
  const limit = limitOf(parameters, autoCompleteLimitDefault);
  const query = {
    expressions: expressionsFor(parameters),
    prefix: parameters.get('tagPrefix') ?? '',
    ...withLimit(limit),
    ...askingOf(request),
  };
  const names = limit === 0 ? [] : await api.backend.tags.tagNames(query);
  return valueAnswer(api, request, names);
}

async function completeValues(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const { parameters } = request;
  const tag = parameters.get('tag');
  if (tag === null || tag === '') throw new HttpError(400, 'the parameter tag is missing');
  const limit = limitOf(parameters, autoCompleteLimitDefault);
  const query = {
    tag,
    expressions: expressionsFor(parameters, `${tag}!=`),
    prefix: parameters.get('valuePrefix') ?? '',
    ...withLimit(limit),
    ...askingOf(request),
  };
  const values = limit === 0 ? [] : await api.backend.tags.tagValues(query);
  return valueAnswer(
    api,
    request,
    values.map(({ value }) => value),
  );
}

/** Name and tags of `name{tag="value",…}`, as Prometheus writes it; undefined for other texts. */
function openMetricsParts(path: string): { name: string; tags: string[] } | undefined {
  const [, name = '', written = ''] = /^([^{]+)\{(.*")\}$/.exec(path) ?? [];
  if (name === '') return undefined;
  const tag = /([^=]+)="((?:\\["\\]|[^"\\])+)"(?:,|$)/y;
  const tags: string[] = [];
  while (tag.lastIndex < written.length) {
    const [, key, value = ''] = tag.exec(written) ?? [];
    if (key === undefined) return undefined;
    tags.push(`${key}=${value.replace(/\\(["\\])/g, '$1')}`);
  }
  return { name, tags };
}

/** A tagged name with its tags in order, as it is stored. Throws HttpError 400. */
function canonicalName(path: string): string {
  const [first = '', ...rest] = path.split(';');
  const { name, tags } = openMetricsParts(path) ?? { name: first, tags: rest };
  const stored = name.replace(/^~+/, '');
  if (stored === '' || tags.some((tag) => !/^[^=;!^]+=[^;~][^;]*$/.test(tag)))
    throw new HttpError(400, `"${path}" is not a tagged series; write name;tag=value;tag=value`);
  // Of a tag given twice the last value counts.
  const byTag = new Map(tags.map((tag) => [tag.slice(0, tag.indexOf('=')), tag]));
  return [stored, ...[...byTag.values()].sort()].join(';');
}

function pathsOf(parameters: URLSearchParams): string[] {
  const paths = listOf(parameters, 'path');
  if (paths.length === 0) throw new HttpError(400, 'the parameter path is missing');
  return paths.map(canonicalName);
}

type TagHandler = (api: Api, request: HttpRequest) => Promise<HttpAnswer>;

// carbon indexes a series with its first point, so there is nothing left to do here but to answer
// with the name as it is stored, which is what callers go on with.
const tagSeries: TagHandler = async (api, request) =>
  valueAnswer(api, request, pathsOf(request.parameters)[0]);
const tagMultiSeries: TagHandler = async (api, request) =>
  valueAnswer(api, request, pathsOf(request.parameters));
const delSeries: TagHandler = async (api, request) =>
  valueAnswer(api, request, await api.backend.tags.delSeries(pathsOf(request.parameters)));

const handlers: Record<string, { methods: readonly string[]; handle: TagHandler }> = {
  '/tags': { methods: ['GET'], handle: list },
  '/tags/findSeries': { methods: ['GET', 'POST'], handle: findSeries },
  '/tags/autoComplete/tags': { methods: ['GET', 'POST'], handle: completeTags },
  '/tags/autoComplete/values': { methods: ['GET', 'POST'], handle: completeValues },
  '/tags/tagSeries': { methods: ['POST'], handle: tagSeries },
  '/tags/tagMultiSeries': { methods: ['POST'], handle: tagMultiSeries },
  '/tags/delSeries': { methods: ['POST'], handle: delSeries },
};

/** The endpoint of an address under /tags, or undefined. */
export function tagsEndpoint(api: Api, path: string): Endpoint | undefined {
  const fixed = handlers[path];
  const tag = /^\/tags\/([^/]+)$/.exec(path)?.[1];
  const handle: TagHandler | undefined =
    fixed?.handle ??
    (tag === undefined ? undefined : (_api, request) => details(api, request, tag));
  if (handle === undefined) return undefined;
  return {
    methods: fixed?.methods ?? ['GET'],
    handler: (request) => {
      readJsonBody(request);
      return handle(api, request);
    },
  };
}
