// Which pages of other origins may read answers in a browser.
import type { ServerResponse } from 'node:http';
import type { HttpRequest } from '../../core/http.ts';

/** Sets the headers that let the asking page read the answer, if its origin is among `allowed`. */
export function allowOrigin(
  allowed: readonly string[],
  request: HttpRequest,
  response: ServerResponse,
): void {
  const { origin } = request.headers;
  if (allowed.length === 0 || origin === undefined) return;
  response.setHeader('vary', 'Origin, Accept-Encoding');
  if (!allowed.includes('*') && !allowed.includes(origin)) return;
  response.setHeader('access-control-allow-origin', allowed.includes('*') ? '*' : origin);
  if (request.method !== 'OPTIONS') return;
  response.setHeader('access-control-allow-methods', 'GET, POST, DELETE, OPTIONS');
  response.setHeader(
    'access-control-allow-headers',
    String(request.headers['access-control-request-headers'] ?? 'content-type'),
  );
  response.setHeader('access-control-max-age', '600');
}
