// `agent --test [collector …]`: collects twice, a second apart, and prints what would be sent.
// Sends nothing, starts no input, touches no file.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '../core/config.ts';
import { exitCodes, messageOf, OperatingError } from '../core/errors.ts';
import { createLogger } from '../core/log.ts';
import { didYouMean } from '../core/nearest-name.ts';
import { hostNameOf } from './agent.ts';
import { type AgentConfig, configSchema } from './config.ts';
import { createConfigSource } from './drop-ins.ts';
import { createHost } from './host.ts';
import { createPipeline } from './pipeline.ts';
import { plugins } from './plugins/index.ts';
import type { Plugin } from './plugins/plugin.ts';
import type { SelfState } from './self.ts';
import { valueTypes } from './value-types.ts';

const pauseMs = 1000; // between the two readings that make a rate

const nothingYet: SelfState = {
  queuedPoints: 0,
  droppedPoints: 0,
  sentPoints: 0,
  resentPoints: 0,
  spoolBytes: 0,
  series: 0,
  unknownValues: 0,
  outputs: [],
  collectors: [],
  lagMs: 0,
  inputs: {},
};

function chosen(names: readonly string[], config: AgentConfig): Plugin[] {
  const isEnabled = (plugin: Plugin): boolean =>
    (config.plugins[plugin.name] as { enabled: boolean }).enabled;
  if (names.length === 0) return plugins.filter(isEnabled);
  return names.map((name) => {
    const plugin = plugins.find((one) => one.name === name);
    if (plugin !== undefined) return plugin;
    const known = plugins.map((one) => one.name);
    throw new OperatingError(
      'usage',
      `there is no collector ${JSON.stringify(name)}${didYouMean(name, known)}; there are ${known.join(', ')}`,
      { exitCode: exitCodes.usage },
    );
  });
}

/** Collects with `config` and writes the lines, one block for each collector. */
export async function testCollectors(
  names: readonly string[],
  config: AgentConfig,
  write: (text: string) => void,
): Promise<void> {
  const log = createLogger('warn', (line) => process.stderr.write(line));
  const host = createHost(config.hostDirectories);
  const selected = chosen(names, config);
  const pipeline = createPipeline({
    hostName: hostNameOf(config),
    types: valueTypes,
    now: Date.now,
    log,
  });
  let lines = '';
  let points = 0;
  pipeline.setSinks([
    {
      naming: config.naming,
      accept: (batch) => {
        lines += batch.bytes.toString();
        points += batch.points;
      },
    },
  ]);
  const parts = selected.map((plugin) => ({
    plugin,
    collector: plugin.platforms.includes(host.platform)
      ? plugin.create(config.plugins[plugin.name], { log, self: () => nothingYet })
      : undefined,
  }));
  for (const round of [1, 2]) {
    for (const { plugin, collector } of parts) {
      if (round === 2) write(`# ${plugin.name}: ${plugin.summary}\n`);
      lines = '';
      const startedMs = performance.now();
      let fault = '';
      try {
        await collector?.read({
          host,
          nowMs: Date.now(),
          elapsedMs: startedMs,
          intervalMs: pauseMs,
          log,
          emit: (reading) => pipeline.emit({ plugin: plugin.name, ...reading }, startedMs),
        });
      } catch (error) {
        fault = messageOf(error);
      }
      const tookMs = performance.now() - startedMs;
      pipeline.flush();
      if (round === 1) {
        points = 0;
        continue;
      }
      write(lines);
      if (collector === undefined) write(`# not on this platform (${host.platform})\n`);
      else if (fault !== '') write(`# failed: ${fault}\n`);
      else write(`# ${lines.split('\n').length - 1} points in ${tookMs.toFixed(1)} ms\n`);
    }
    if (round === 1) await pause(pauseMs);
  }
  write(`# ${points} points in all; nothing was sent\n`);
}

/** The command line behind `--test`; resolves to the exit code. */
export async function runTestCommand(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { test: { type: 'boolean' }, config: { type: 'string', default: 'conf/agent.yml' } },
      allowPositionals: true,
    });
    const log = createLogger('warn', (line) => process.stderr.write(line));
    const config = createConfigSource(loadConfig(configSchema(), values.config), log).effective();
    await testCollectors(positionals, config, (text) => process.stdout.write(text));
    return exitCodes.ok;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return error instanceof OperatingError ? error.exitCode : exitCodes.usage;
  }
}
