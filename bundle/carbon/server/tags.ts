// /tags/…: the tag index under graphite-web's own paths, parameters and answers.
import { HttpError, type HttpHandler, type HttpRequest, jsonAnswer } from '../../core/http.ts';
import { runInSlices } from '../metric-index/index.ts';
import type { CarbonserverContext } from './context.ts';

const autoCompleteLimit = 100;

/** Both spellings of a repeated parameter: expr=…&expr=… and expr[]=…&expr[]=… */
function listParameter(request: HttpRequest, name: string): string[] {
  const plain = request.parameters.getAll(name);
  return plain.length > 0 ? plain : request.parameters.getAll(`${name}[]`);
}

function limitParameter(request: HttpRequest): number | undefined {
  const text = request.parameters.get('limit');
  if (text === null || text === '') return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new HttpError(400, 'parameter limit has to be a number');
  return Number(text);
}

/** The answer, unless it has more than the server gives at once: then it is refused, not cut. */
function bounded<T>(list: T[], max: number): T[] {
  if (list.length > max)
    throw new HttpError(400, `more than ${max} answers: narrow the question, or give a limit`);
  return list;
}

/** The handler of a path below /tags, or undefined. */
export function tagsRoute(context: CarbonserverContext): (path: string) => HttpHandler | undefined {
  const { index, statistics } = context;
  const answersMax = context.limits.findMatchesMax;
  /** One more than may be answered, so that too many are noticed. */
  const limitOf = (request: HttpRequest, usual = answersMax + 1): number =>
    Math.min(limitParameter(request) ?? usual, answersMax + 1);
  const filterOf = (request: HttpRequest): { regex: string; limit: number } => ({
    regex: request.parameters.get('filter') ?? '',
    limit: limitOf(request),
  });
  const handlers: Record<string, HttpHandler> = {
    '/tags': async (request) => {
      const names = await runInSlices(index.tags.tagNames(filterOf(request)), request);
      return jsonAnswer(bounded(names, answersMax).map((tag) => ({ tag })));
    },
    '/tags/findSeries': async (request) => {
      const expressions = listParameter(request, 'expr');
      return jsonAnswer(await runInSlices(index.tags.findSeries(expressions, answersMax), request));
    },
    '/tags/autoComplete/tags': async (request) => {
      const query = {
        expressions: listParameter(request, 'expr'),
        prefix: request.parameters.get('tagPrefix') ?? '',
        limit: limitOf(request, autoCompleteLimit),
      };
      const names = await runInSlices(index.tags.tagNames(query), request);
      return jsonAnswer(bounded(names, answersMax));
    },
    '/tags/autoComplete/values': async (request) => {
      const tag = request.parameters.get('tag') ?? '';
      if (tag === '') throw new HttpError(400, 'no tag specified');
      const query = {
        tag,
        expressions: listParameter(request, 'expr'),
        prefix: request.parameters.get('valuePrefix') ?? '',
        limit: limitOf(request, autoCompleteLimit),
      };
      const values = await runInSlices(index.tags.tagValues(query), request);
      return jsonAnswer(bounded(values ?? [], answersMax).map(({ value }) => value));
    },
    '/tags/delSeries': (request) => {
      if (request.method !== 'POST') throw new HttpError(405, 'series are deleted with POST');
      const paths = listParameter(request, 'path');
      if (paths.length === 0) throw new HttpError(400, 'no path specified');
      for (const path of paths) index.remove(path);
      return jsonAnswer(true);
    },
  };
  return (path) => {
    const own = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
    const handler = own ?? (isTagPath(path) ? tagHandler(path) : undefined);
    if (handler === undefined) return undefined;
    return (request, response) => {
      statistics.tags_requests++;
      return handler(request, response);
    };
  };

  function tagHandler(path: string): HttpHandler {
    const tag = path.slice('/tags/'.length);
    return async (request) => {
      const query = { tag, ...filterOf(request) };
      const values = await runInSlices(index.tags.tagValues(query), request);
      if (values === undefined)
        throw new HttpError(404, `no series has the tag ${JSON.stringify(tag.slice(0, 100))}`);
      return jsonAnswer({ tag, values: bounded(values, answersMax) });
    };
  }
}

const isTagPath = (path: string): boolean => path.startsWith('/tags/') && path.indexOf('/', 6) < 0;
