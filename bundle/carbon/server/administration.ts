// /admin/metrics/…: how dkmadmin, which moves the files of series itself, keeps a running carbon
// right. For programs on this machine only. Bodies and answers are JSON: {"metrics": [name, …]}.
//
//   settle  waits until none of the series has points that are not on disk -> {"pending": […]}
//   forget  takes them out of the index; a new file brings a series back   -> {"metrics": count}
//   learn   puts them in                                                   -> {"metrics": count}
//
// /admin/metrics/set-metadata takes {"operations": [{metric, key, value}, …]} and answers as graphite-web
// does, {metric: {"old_value", "new_value"} or {"error"}}: aggregationMethod in the file's header.
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { HttpError, type HttpHandler, type HttpRequest, jsonAnswer } from '../../core/http.ts';
import { isLoopback } from '../../core/listen-address.ts';
import type { MetadataChange, SetMetadata } from '../metadata.ts';
import type { CarbonserverContext } from './context.ts';

const settleMillisecondsMax = 15_000;
const settlePollMilliseconds = 100;

export function administrationHandlers(
  context: CarbonserverContext,
  setMetadata: SetMetadata | undefined,
): Record<string, HttpHandler> {
  const { index, reader } = context;
  const settle = async (metrics: readonly string[], signal: AbortSignal): Promise<string[]> => {
    const hasPoints = (metric: string): boolean => reader.cached(metric).times.length > 0;
    const deadline = performance.now() + settleMillisecondsMax;
    let pending = metrics.filter(hasPoints);
    while (pending.length > 0 && performance.now() < deadline && !signal.aborted) {
      await sleep(settlePollMilliseconds);
      pending = pending.filter(hasPoints);
    }
    return pending;
  };
  /** Runs `change` and answers by how much the index grew or shrank. */
  const counted = (change: (metric: string) => void): HttpHandler => {
    return (request) => {
      const before = index.size;
      for (const metric of metricsOf(request)) change(metric);
      return jsonAnswer({ metrics: Math.abs(index.size - before) });
    };
  };
  return {
    '/admin/metrics/settle': async (request) =>
      jsonAnswer({ pending: await settle(metricsOf(request), request.signal) }),
    '/admin/metrics/forget': counted((metric) => index.remove(metric)),
    '/admin/metrics/learn': counted((metric) => index.add(metric)),
    '/admin/metrics/set-metadata': async (request) => {
      if (setMetadata === undefined) throw new HttpError(501, 'this store writes no files');
      const answers = new Map<string, object>();
      for (const change of changesOf(request)) {
        const { metric, value } = change;
        try {
          answers.set(metric, { old_value: await setMetadata(change), new_value: value });
        } catch (error) {
          answers.set(metric, { error: messageOf(error) });
        }
      }
      return jsonAnswer(Object.fromEntries(answers));
    },
  };
}

/** A field of the body of a request that may change things. */
function fieldOf(request: HttpRequest, name: string): unknown {
  if (!isLoopback(request.remoteAddress))
    throw new HttpError(403, 'only programs on this machine may do this');
  if (request.method !== 'POST') throw new HttpError(405, 'changes are made with POST');
  // A web page cannot send this type elsewhere without being asked for permission first.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'the body has to be application/json');
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch (error) {
    throw new HttpError(400, `the body is not JSON: ${messageOf(error)}`);
  }
  return typeof body === 'object' && body !== null
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

function metricsOf(request: HttpRequest): string[] {
  const metrics = fieldOf(request, 'metrics');
  if (!Array.isArray(metrics) || !metrics.every((metric) => typeof metric === 'string'))
    throw new HttpError(400, 'the body has to be {"metrics": [name, …]}');
  return metrics;
}

const isChange = (value: unknown): value is MetadataChange =>
  typeof value === 'object' &&
  value !== null &&
  ['metric', 'key', 'value'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'string',
  );

function changesOf(request: HttpRequest): MetadataChange[] {
  const changes = fieldOf(request, 'operations');
  if (!Array.isArray(changes) || !changes.every(isChange))
    throw new HttpError(400, 'the body has to be {"operations": [{metric, key, value}, …]}');
  return changes;
}
