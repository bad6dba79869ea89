// The agent service: one light process that tells the Graphite server how this host is.
import { runService } from '../core/service.ts';
import { createAgent } from './agent.ts';
import { type AgentConfig, configSchema } from './config.ts';
import { createConfigSource } from './drop-ins.ts';
import { runTestCommand } from './test-command.ts';

if (process.argv.includes('--test')) {
  process.exitCode = await runTestCommand(process.argv.slice(2));
} else {
  runService({
    name: 'agent',
    summary: 'Collects what this host can tell and sends it to Graphite servers.',
    configFile: 'conf/agent.yml',
    get schema() {
      return configSchema();
    },
    start: async (config, { log }) => {
      const source = createConfigSource(config, log);
      const agent = createAgent(source.effective(), { log, changed: source.poll });
      await agent.start();
      return {
        stop: agent.stop,
        reload: (next: AgentConfig) => agent.apply(source.setBase(next)),
      };
    },
  });
}
