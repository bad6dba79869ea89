// One installed instance in a sandbox: its commands, its state, points in and values out.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type PortName, portOf } from '../../bundle/services.ts';
import type { ServiceStatus } from '../../bundle/supervisor/protocol.ts';
import {
  eventually,
  freeBasePort,
  type RunResult,
  render,
  type Sandbox,
  valuesOf,
} from './instance.ts';

export interface Installed {
  home: string;
  base: number;
  port(name: PortName): number;
  dkm(...words: string[]): Promise<RunResult>;
  dkmadmin(...words: string[]): Promise<RunResult>;
  /** The services as `dkm status --json` tells them. */
  services(): Promise<ServiceStatus[]>;
  /** Starts it; throws when not everything is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The instance in `home`, which may be installed yet or not. */
export function instanceIn(sandbox: Sandbox, home: string, base: number): Installed {
  const program =
    (name: string) =>
    (...words: string[]): Promise<RunResult> =>
      sandbox.run(join(home, 'bin', name), words);
  const dkm = program('dkm');
  const good = async (word: string): Promise<void> => {
    const { exitCode, stdout, stderr } = await dkm(word);
    assert.equal(exitCode, 0, `dkm ${word} in ${home}\n${stdout}\n${stderr}`);
  };
  return {
    home,
    base,
    port: (name) => portOf(name, base),
    dkm,
    dkmadmin: program('dkmadmin'),
    services: async () =>
      (JSON.parse((await dkm('status', '--json')).stdout) as { services: ServiceStatus[] })
        .services,
    start: () => good('start'),
    stop: () => good('stop'),
  };
}

/** Installs into `home` on a free base port. */
export async function install(
  sandbox: Sandbox,
  home: string,
  ...words: string[]
): Promise<Installed> {
  const base = await freeBasePort();
  const all = ['-d', home, '-p', String(base), '--hostname', 'web1.example.org', ...words];
  const { exitCode, stdout, stderr } = await sandbox.run(join(sandbox.kit, 'installer'), all);
  assert.equal(exitCode, 0, `installer ${all.join(' ')}\n${stdout}\n${stderr}`);
  return instanceIn(sandbox, home, base);
}

/** Sends text to the plaintext port; resolves when the connection has ended. */
export function send(instance: Installed, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(instance.port('plaintext'), '127.0.0.1', () => socket.end(text));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
  });
}

/** Waits until `value` is a value of the metric. */
export async function arrived(instance: Installed, metric: string, value: number): Promise<void> {
  await eventually(`${metric} = ${value}`, 60_000, async () => {
    const series = await render(instance.port('carbonapi'), metric, '-1h');
    return series.some((one) => valuesOf(one).includes(value)) ? true : undefined;
  });
}

/** Sends one point with the time of now and waits until it can be read. */
export async function sendAndRead(
  instance: Installed,
  metric: string,
  value: number,
): Promise<void> {
  await send(instance, `${metric} ${value} ${Math.floor(Date.now() / 1000)}\n`);
  await arrived(instance, metric, value);
}
