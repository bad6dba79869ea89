// Makes the store that the configuration names: one carbonserver, or several merged.
import type { Backend } from './backend.ts';
import { CarbonserverBackend } from './carbonserver.ts';
import { MergedBackend } from './merged.ts';
import { StoreClient, type StoreClientOptions } from './store-client.ts';

/** The store behind `urls`, of which there is at least one. */
export function createBackend(urls: readonly string[], options: StoreClientOptions): Backend {
  const backends = urls.map((url) => new CarbonserverBackend(new StoreClient(url, options)));
  const [only] = backends;
  return only !== undefined && backends.length === 1 ? only : new MergedBackend(backends);
}
