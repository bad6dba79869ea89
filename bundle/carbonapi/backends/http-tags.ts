// Tag queries over HTTP with graphite-web's addresses, which our carbonserver serves too. A store
// without them (go-carbon) simply has no tags.
import { OperatingError } from '../../core/errors.ts';
import type { TagBackend } from './backend.ts';
import { answerOf, type StoreClient, type StoreRequest } from './store-client.ts';

async function jsonOf(client: StoreClient, request: StoreRequest): Promise<unknown> {
  const answer = await answerOf(client, request);
  if (answer === undefined) return undefined;
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch (error) {
    throw new OperatingError(
      'store-unavailable',
      `the store ${client.url} answered ${request.path.split('?')[0]} with something that is not JSON`,
      { cause: error },
    );
  }
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

function records(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (each): each is Record<string, unknown> => typeof each === 'object' && each !== null,
  );
}

function queryOf(fields: Record<string, string | number | readonly string[] | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return query.toString();
}

const formType = 'application/x-www-form-urlencoded';

/** The tags of one store. */
export function httpTags(client: StoreClient): TagBackend {
  const get = (path: string, signal: AbortSignal | undefined): Promise<unknown> =>
    jsonOf(client, { method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
  return {
    // A query of many expressions outgrows what an address may hold, so it goes in the body.
    findSeries: async (expressions, signal) =>
      texts(
        await jsonOf(client, {
          method: 'POST',
          path: '/tags/findSeries',
          body: Buffer.from(queryOf({ expr: expressions })),
          contentType: formType,
          ...(signal === undefined ? {} : { signal }),
        }),
      ),
    tagNames: async ({ expressions = [], prefix, limit, regex, signal }) => {
      if (expressions.length === 0 && prefix === undefined) {
        const found = records(await get(`/tags?${queryOf({ filter: regex, limit })}`, signal));
        return found.map(({ tag }) => String(tag));
      }
      const query = queryOf({ expr: expressions, tagPrefix: prefix, limit });
      return texts(await get(`/tags/autoComplete/tags?${query}`, signal));
    },
    tagValues: async ({ tag, expressions = [], prefix, limit, regex, signal }) => {
      if (expressions.length === 0 && prefix === undefined) {
        const query = queryOf({ filter: regex, limit });
        const answer = await get(`/tags/${encodeURIComponent(tag)}?${query}`, signal);
        const { values } = (answer ?? {}) as { values?: unknown };
        return records(values).map(({ value, count }) => ({
          value: String(value),
          count: Number(count ?? 0),
        }));
      }
      const query = queryOf({ tag, expr: expressions, valuePrefix: prefix, limit });
      return texts(await get(`/tags/autoComplete/values?${query}`, signal)).map((value) => ({
        value,
        count: 0,
      }));
    },
    delSeries: async (names) => {
      const answer = await jsonOf(client, {
        method: 'POST',
        path: '/tags/delSeries',
        body: Buffer.from(queryOf({ path: names })),
        contentType: formType,
      });
      return answer === true;
    },
  };
}
