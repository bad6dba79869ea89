// The API on a free port, as a rule over a store in memory, for tests.
import type { Backend } from '../../bundle/carbonapi/backends/backend.ts';
import { carbonapiConfig } from '../../bundle/carbonapi/config.ts';
import { EventStore } from '../../bundle/carbonapi/events/store.ts';
import { type Api, createApi } from '../../bundle/carbonapi/http/api.ts';
import { startApiServer } from '../../bundle/carbonapi/http/server.ts';
import { createLogger, type Logger, silentLogger } from '../../bundle/core/log.ts';
import { MemoryBackend } from './memory-backend.ts';

export interface TestApi<B extends Backend = MemoryBackend> {
  backend: B;
  service: Api;
  url: string;
  stop(): Promise<void>;
}

interface Surroundings {
  clock?: () => number;
  log?: Logger;
}

/** Starts an API over `backend`; `settings` are configuration keys, `clock` is in milliseconds. */
export async function startApiOver<B extends Backend>(
  backend: B,
  settings: Record<string, unknown> = {},
  {
    clock = Date.now,
    log = process.env['DKM_TEST_LOG'] ? createLogger('debug') : silentLogger,
  }: Surroundings = {},
): Promise<TestApi<B>> {
  const config = carbonapiConfig.parse({
    listen: '127.0.0.1:0',
    events: ':memory:',
    ...settings,
  });
  const events = new EventStore(config.events);
  const service = createApi({ backend, config, log, clock, events });
  const server = await startApiServer(service);
  return {
    backend,
    service,
    url: `http://127.0.0.1:${server.address.port}`,
    stop: async () => {
      await server.stop();
      await service.rasterizer.stop();
      events.stop();
    },
  };
}

/** Starts an API over a store in memory. */
export const startTestApi = (
  settings: Record<string, unknown> = {},
  clock: () => number = Date.now,
  log?: Logger,
): Promise<TestApi> =>
  startApiOver(new MemoryBackend(() => Math.floor(clock() / 1000)), settings, {
    clock,
    ...(log === undefined ? {} : { log }),
  });
