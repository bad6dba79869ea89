// `npm start`: package, unpack, install or update dist/demo, start it, wait until a metric written by
// the agent is readable through carbonapi, and say where everything is.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { extract } from 'tar';
import { messageOf, OperatingError } from '../core/errors.ts';
import { portOf } from '../services.ts';
import {
  askedBasePort,
  demoDirectory,
  installedDemo,
  isRoot,
  rootFlags,
  runShown,
} from './demo.ts';
import { hostPlatform, kitName, projectRoot } from './project.ts';

const readableWithinMs = 60_000;
const dkm = join(demoDirectory, 'bin', 'dkm');

async function step(title: string, work: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  process.stdout.write(`[start] ${title} …\n`);
  await work();
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`[start] ${title}: done in ${seconds} s\n`);
}

async function makeTarball(): Promise<void> {
  await runShown(process.execPath, [join(projectRoot, 'bundle', 'packaging', 'main.ts')]);
}

async function unpackTarball(): Promise<string> {
  const directory = join(projectRoot, 'dist', 'unpacked');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const file = join(projectRoot, 'dist', `${kitName}-${hostPlatform}.tar.gz`);
  await extract({ file, cwd: directory, preserveOwner: false });
  return join(directory, kitName);
}

async function install(kit: string, basePort: number): Promise<void> {
  const installer = join(kit, 'installer');
  const installed = installedDemo();
  if (installed === undefined) {
    const target = ['-d', demoDirectory, '-p', String(basePort), '-t', 'all'];
    await runShown(installer, [...target, ...rootFlags]);
    return;
  }
  if (process.env['PORT'] !== undefined && installed.basePort !== basePort) {
    throw new OperatingError(
      'other-port',
      `dist/demo is installed on base port ${installed.basePort}; stop it and remove dist/demo to use ${basePort}`,
    );
  }
  await runShown(installer, ['--update', '-d', demoDirectory, ...rootFlags]);
}

/** Resolves with the name of a metric of this host once carbonapi answers it with a value. */
async function waitForOwnMetric(basePort: number): Promise<string> {
  const target = 'collectd.**.load.load.relative.shortterm';
  const url = `http://127.0.0.1:${portOf('carbonapi', basePort)}/render?format=json&from=-5min&target=${encodeURIComponent(target)}`;
  const deadline = performance.now() + readableWithinMs;
  let last = 'no answer yet';
  while (performance.now() < deadline) {
    try {
      const response = await fetch(url);
      const text = await response.text();
      const series = response.ok
        ? (JSON.parse(text) as { target: string; datapoints: [number | null, number][] }[])
        : [];
      const found = series.find(({ datapoints }) => datapoints.some(([value]) => value !== null));
      if (found !== undefined) return found.target;
      last = `${response.status} ${text.slice(0, 200)}`;
    } catch (error) {
      last = messageOf(error);
    }
    await delay(200);
  }
  throw new OperatingError(
    'not-readable',
    `no metric of the agent was readable in ${readableWithinMs / 1000} s; last answer of ${url}: ${last}`,
  );
}

function summary(basePort: number, metric: string): string {
  return `
dkumonitor runs in dist/demo, and its own metrics are readable (${metric}).

  dashboards   http://localhost:${basePort}/   user admin, password in dist/demo/conf/secrets/admin-password
  carbon       port ${portOf('plaintext', basePort)}, plaintext, TCP and UDP
  carbonapi    http://localhost:${portOf('carbonapi', basePort)}/render?target=carbon.agents.*.*&format=json
  status       dist/demo/bin/dkm status
  stop         npm stop
`;
}

try {
  const basePort =
    installedDemo() !== undefined && process.env['PORT'] === undefined
      ? (installedDemo()?.basePort ?? askedBasePort())
      : askedBasePort();
  if (isRoot) process.stdout.write('[start] running as root: passing --allow-root\n');
  let kit = '';
  let metric = '';
  await step('packaging', makeTarball);
  await step('unpacking', async () => {
    kit = await unpackTarball();
  });
  await step(installedDemo() === undefined ? 'installing dist/demo' : 'updating dist/demo', () =>
    install(kit, basePort),
  );
  await step('starting', async () => {
    const status = existsSync(dkm)
      ? await execa(dkm, ['status', ...rootFlags], { reject: false })
      : undefined;
    await runShown(dkm, [status?.exitCode === 0 ? 'restart' : 'start', ...rootFlags]);
  });
  await step('waiting for this host’s metrics', async () => {
    metric = await waitForOwnMetric(basePort);
  });
  process.stdout.write(summary(basePort, metric));
} catch (error) {
  if (!(error instanceof OperatingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
