// Refuses requests that another site made the browser send (CSRF). Programs without a browser send
// neither header and pass: they have no cookie that somebody else could borrow.
import { HttpError, type HttpRequest } from '../../core/http.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Throws a 403 unless a changing request comes from our own pages. */
export function refuseCrossSite(request: HttpRequest, rootUrl: string): void {
  if (safeMethods.has(request.method)) return;
  const site = request.headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  const { origin, host } = request.headers;
  if (site === undefined && origin === undefined) return;
  const from = origin === undefined ? undefined : hostOf(origin);
  const ours = [host, rootUrl === '' ? undefined : hostOf(rootUrl)];
  if (site === undefined && from !== undefined && ours.includes(from)) return;
  throw new HttpError(403, 'this request comes from another site and was refused');
}
