// The API on a free port over a store in memory, for tests.
import { carbonapiConfig } from '../../bundle/carbonapi/config.ts';
import { EventStore } from '../../bundle/carbonapi/events/store.ts';
import { type Api, createApi } from '../../bundle/carbonapi/http/api.ts';
import { startApiServer } from '../../bundle/carbonapi/http/server.ts';
import { createLogger, type Logger, silentLogger } from '../../bundle/core/log.ts';
import { MemoryBackend } from './memory-backend.ts';

export interface TestApi {
  backend: MemoryBackend;
  service: Api;
  url: string;
  stop(): Promise<void>;
}

/** Starts an API; `settings` are configuration keys, `clock` is in milliseconds. */
export async function startTestApi(
  settings: Record<string, unknown> = {},
  clock: () => number = Date.now,
  log: Logger = process.env['DKM_TEST_LOG'] ? createLogger('debug') : silentLogger,
): Promise<TestApi> {
  const config = carbonapiConfig.parse({
    listen: '127.0.0.1:0',
    events: ':memory:',
    ...settings,
  });
  const backend = new MemoryBackend(() => Math.floor(clock() / 1000));
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
