// A small real service (core/service.ts) whose conduct its configuration decides.
import { createServer } from 'node:http';
import { z } from '../../bundle/core/config.ts';
import { runService } from '../../bundle/core/service.ts';

/** Runs as the service `name`, with conf/<name>.yml. */
export function runServiceForTests(name: string): void {
  runService({
    name,
    summary: 'A service for tests.',
    configFile: `conf/${name}.yml`,
    schema: z.strictObject({
      port: z.int().default(0),
      failWith: z.string().default('').describe('Print this and end with code 1 at start.'),
      notReady: z.string().default('').describe('Never be ready, for this reason.'),
      ignoreStop: z.boolean().default(false),
      printMb: z.number().default(0).describe('Print this much at start.'),
      logLines: z.int().default(0),
    }),
    start: async (config, { log, notReady }) => {
      if (config.failWith !== '') throw new Error(config.failWith);
      if (config.printMb > 0) {
        const line = `${'x'.repeat(1023)}\n`;
        for (let i = 0; i < config.printMb * 1024; i++) process.stdout.write(line);
      }
      for (let i = 0; i < config.logLines; i++) log.info('a line of the log', { i });
      if (config.notReady !== '') {
        notReady(config.notReady);
        await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
      }
      const server = createServer((_request, response) => response.end(`${process.pid}\n`));
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, '127.0.0.1', resolve);
      });
      return {
        stop: async () => {
          if (config.ignoreStop) await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
          log.info('drained');
          server.close();
        },
        reload: () => log.info('reloaded'),
      };
    },
  });
}
