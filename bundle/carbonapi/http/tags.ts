// /tags: graphite-web's addresses over the tag index of the stores.
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import { compileRegex } from '../../core/safe-regex.ts';
import { checkTagExpressions } from '../tag-expressions.ts';
import { type Api, type Endpoint, listOf, readJsonBody, valueAnswer } from './api.ts';

const autoCompleteLimitDefault = 100;
function limitOf(parameters: URLSearchParams, fallback: number | undefined): number | undefined {
  const text = parameters.get('limit');
  if (text === null || text === '') return fallback;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new HttpError(400, 'limit must be a positive integer');
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

async function list(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const { parameters } = request;
  const limit = limitOf(parameters, undefined);
  const names = await api.backend.tags.tagNames({ ...filterOf(parameters), ...withLimit(limit) });
  return valueAnswer(
    api,
    request,
    names.map((tag) => ({ tag })),
  );
}

async function details(api: Api, request: HttpRequest, tag: string): Promise<HttpAnswer> {
  const { parameters } = request;
  const limit = limitOf(parameters, undefined);
  const values = await api.backend.tags.tagValues({
    tag,
    ...filterOf(parameters),
    ...withLimit(limit),
  });
  return valueAnswer(api, request, { tag, values });
}

async function findSeries(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const expressions = listOf(request.parameters, 'expr');
  if (expressions.length === 0) throw new HttpError(400, 'the parameter expr is missing');
  checkTagExpressions(expressions);
  const found = await api.backend.tags.findSeries(expressions, request.signal);
  return valueAnswer(api, request, found.sort());
}

function expressionsFor(parameters: URLSearchParams): string[] {
  const expressions = listOf(parameters, 'expr');
  if (expressions.length > 0) checkTagExpressions(expressions);
  return expressions;
}

async function completeTags(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const { parameters } = request;
  const limit = limitOf(parameters, autoCompleteLimitDefault);
  const names = await api.backend.tags.tagNames({
    expressions: expressionsFor(parameters),
    prefix: parameters.get('tagPrefix') ?? '',
    ...withLimit(limit),
  });
  return valueAnswer(api, request, names);
}

async function completeValues(api: Api, request: HttpRequest): Promise<HttpAnswer> {
  const { parameters } = request;
  const tag = parameters.get('tag');
  if (tag === null || tag === '') throw new HttpError(400, 'the parameter tag is missing');
  const limit = limitOf(parameters, autoCompleteLimitDefault);
  const values = await api.backend.tags.tagValues({
    tag,
    expressions: expressionsFor(parameters),
    prefix: parameters.get('valuePrefix') ?? '',
    ...withLimit(limit),
  });
  return valueAnswer(
    api,
    request,
    values.map(({ value }) => value),
  );
}

/** A tagged name with its tags in order, as it is stored. Throws HttpError 400. */
function canonicalName(path: string): string {
  const [name = '', ...tags] = path.split(';');
  if (name === '' || tags.some((tag) => !/^[^=;!]+=[^;~][^;]*$/.test(tag)))
    throw new HttpError(400, `"${path}" is not a tagged series; write name;tag=value;tag=value`);
  return [name, ...tags.sort()].join(';');
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
