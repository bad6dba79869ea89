// Makes the store that the configuration names, one or several merged. A new kind of store is a file
// beside this one, a word in `storeProtocols` and a line in `createOne`.
import type { Backend } from './backend.ts';
import { CarbonserverBackend } from './carbonserver.ts';
import { ExchangeBackend, exchangeProtocols } from './exchange.ts';
import { MergedBackend } from './merged.ts';
import { StoreClient, type StoreClientOptions } from './store-client.ts';

export const storeProtocols = ['carbonapi_v3_pb', ...exchangeProtocols] as const;

export interface StoreAddress {
  url: string;
  protocol: (typeof storeProtocols)[number];
}

function createOne({ url, protocol }: StoreAddress, options: StoreClientOptions): Backend {
  const client = new StoreClient(url, options);
  if (protocol === 'carbonapi_v3_pb') return new CarbonserverBackend(client);
  return new ExchangeBackend(client, protocol);
}

/** The store behind `stores`, of which there is at least one. */
export function createBackend(
  stores: readonly StoreAddress[],
  options: StoreClientOptions,
): Backend {
  const backends = stores.map((store) => createOne(store, options));
  const [only] = backends;
  return only !== undefined && backends.length === 1 ? only : new MergedBackend(backends);
}
