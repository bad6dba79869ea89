// Which role a request needs when access tokens are in use.
import type { Role } from '../../core/access-tokens.ts';

// For balancers, supervisors and the connection test of a client that has no token yet. A preflight of a
// browser (OPTIONS) carries no token by definition.
const openPaths = new Set(['/health', '/lb_check', '/version']);
const writingPaths = new Set(['/events', '/tags/tagSeries', '/tags/tagMultiSeries']);
const adminPaths = new Set(['/tags/delSeries']);

/** The least role that may do this, or undefined when anybody may. */
export function roleFor(method: string, path: string): Role | undefined {
  if (method === 'OPTIONS' || openPaths.has(path)) return undefined;
  // Whatever the method: graphite-web takes GET here.
  if (path === '/metrics/set-metadata') return 'admin';
  if (method === 'DELETE' || adminPaths.has(path)) return 'admin';
  return method === 'POST' && writingPaths.has(path) ? 'write' : 'read';
}
