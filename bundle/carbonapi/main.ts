// carbonapi: Graphite's API over one or several carbonservers.

import { systemClock } from '../core/clock.ts';
import { runService } from '../core/service.ts';
import { createBackend } from './backends/index.ts';
import { type CarbonapiConfig, carbonapiConfig } from './config.ts';
import { EventStore } from './events/store.ts';
import { createApi, reconfigure } from './http/api.ts';
import { startApiServer } from './http/server.ts';

runService({
  name: 'carbonapi',
  summary: "Answers Graphite's API: render, find, functions, tags, events.",
  configFile: 'conf/carbonapi.yml',
  schema: carbonapiConfig,
  start: async (config, { log }) => {
    log.setLevel(config.logLevel);
    const backend = createBackend(config.backends, config.backend);
    const events = new EventStore(config.events);
    const api = createApi({ backend, config, log, clock: systemClock, events });
    const server = await startApiServer(api);
    log.info('serving', { address: config.listen, backends: backend.name });
    return {
      reload: (next: CarbonapiConfig) => reconfigure(api, next),
      stop: async () => {
        await server.stop();
        await Promise.all([backend.stop(), api.rasterizer.stop()]);
        events.stop();
      },
    };
  },
});
