// /metrics/find: which nodes of the metric tree match.
import { HttpError, type HttpHandler } from '../../core/http.ts';
import { decodeMultiGlobRequest, type GlobResponse } from '../../wire/carbonapi-v3.ts';
import { findResponseFormats } from '../../wire/find-response/index.ts';
import { runInSlices, type SearchableIndex, type Work } from '../metric-index/index.ts';
import {
  boundQueries,
  type CarbonserverContext,
  formatOrRefuse,
  hasMessageBody,
  requestedFormat,
} from './context.ts';

export function findHandler(context: CarbonserverContext): HttpHandler {
  const { index, limits, statistics } = context;
  return async (request) => {
    statistics.find_requests++;
    try {
      const formatName = requestedFormat(request);
      const format = formatOrRefuse(findResponseFormats, formatName);
      const queries = hasMessageBody(request, formatName)
        ? decodeMultiGlobRequest(request.body).metrics
        : request.parameters.getAll('query');
      if (queries.length === 0 || queries[0] === '')
        throw new HttpError(400, 'no query: say what to find, as in query=servers.*');
      boundQueries(context, queries.length);
      const wanted = format.isMulti ? queries : queries.slice(0, 1);
      const globs = await runInSlices(findAll(index, wanted, limits.findMatchesMax), request);
      if (globs.every(({ matches }) => matches.length === 0)) {
        statistics.find_zero++;
        if (!format.allowsEmpty) throw new HttpError(404, 'no metric matches');
      }
      return { headers: { 'content-type': format.contentType }, body: format.encode(globs) };
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 404)) statistics.find_errors++;
      throw error;
    }
  };
}

// One work for all queries, so that it pauses between short ones, too.
function* findAll(
  index: SearchableIndex,
  queries: readonly string[],
  limit: number,
): Work<GlobResponse[]> {
  let room = limit;
  const globs: GlobResponse[] = [];
  for (const name of queries) {
    const matches = yield* index.findWork(name, room);
    room -= matches.length;
    globs.push({ name, matches });
    yield;
  }
  return globs;
}
