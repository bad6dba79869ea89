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

const filter = (request: HttpRequest): { regex?: string; limit?: number } => {
  const regex = request.parameters.get('filter');
  const limit = limitParameter(request);
  return { ...(regex ? { regex } : {}), ...(limit === undefined ? {} : { limit }) };
};

/** The handler of a path below /tags, or undefined. */
export function tagsRoute(context: CarbonserverContext): (path: string) => HttpHandler | undefined {
  const { index, limits, statistics } = context;
  const handlers: Record<string, HttpHandler> = {
    '/tags': async (request) => {
      const names = await runInSlices(index.tags.tagNames(filter(request)), request.signal);
      return jsonAnswer(names.map((tag) => ({ tag })));
    },
    '/tags/findSeries': async (request) => {
      const expressions = listParameter(request, 'expr');
      const limit = Math.min(
        limitParameter(request) ?? limits.findMatchesMax,
        limits.findMatchesMax,
      );
      return jsonAnswer(
        await runInSlices(index.tags.findSeries(expressions, limit), request.signal),
      );
    },
    '/tags/autoComplete/tags': async (request) => {
      const query = {
        expressions: listParameter(request, 'expr'),
        prefix: request.parameters.get('tagPrefix') ?? '',
        limit: limitParameter(request) ?? autoCompleteLimit,
      };
      return jsonAnswer(await runInSlices(index.tags.tagNames(query), request.signal));
    },
    '/tags/autoComplete/values': async (request) => {
      const tag = request.parameters.get('tag') ?? '';
      if (tag === '') throw new HttpError(400, 'no tag specified');
      const query = {
        tag,
        expressions: listParameter(request, 'expr'),
        prefix: request.parameters.get('valuePrefix') ?? '',
        limit: limitParameter(request) ?? autoCompleteLimit,
      };
      const values = await runInSlices(index.tags.tagValues(query), request.signal);
      return jsonAnswer((values ?? []).map(({ value }) => value));
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
      const query = { tag, ...filter(request) };
      const values = await runInSlices(index.tags.tagValues(query), request.signal);
      if (values === undefined)
        throw new HttpError(404, `no series has the tag ${JSON.stringify(tag.slice(0, 100))}`);
      return jsonAnswer({ tag, values });
    };
  }
}

const isTagPath = (path: string): boolean => path.startsWith('/tags/') && path.indexOf('/', 6) < 0;
