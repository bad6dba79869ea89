// The agent service: one light process that tells the Graphite server how this host is.
import { runService } from '../core/service.ts';
import { createAgent } from './agent.ts';
import { configSchema } from './config.ts';

runService({
  name: 'agent',
  summary: 'Collects what this host can tell and sends it to Graphite servers.',
  configFile: 'conf/agent.yml',
  schema: configSchema,
  start: async (config, { log }) => {
    const agent = createAgent(config, { log });
    await agent.start();
    return { stop: agent.stop, reload: agent.apply };
  },
});
