// graphite-web's and carbonapi's recorded answers against our running carbon and carbonapi. The suite is
// not part of the project: DKM_CONFORMANCE names its directory (the one with run.mjs).
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { stateFileOf } from '../../bundle/core/service-state.ts';
import { projectRoot } from '../../bundle/develop/project.ts';
import { entryFiles, portOf, type ServiceName } from '../../bundle/services.ts';
import { eventually, freeBasePort } from './instance.ts';

const suite = process.env['DKM_CONFORMANCE'] ?? '';
const skip = suite === '' ? 'DKM_CONFORMANCE is not set' : false;
const memoryBytesMax = 512 * 1024 * 1024;

const directory = mkdtempSync(join(tmpdir(), 'dkm-conformance-'));
const services: ChildProcess[] = [];
let base = 0;

interface StorageRules {
  schemas: { name: string; pattern: string; retentions: string }[];
  aggregation: { name: string; pattern: string; xFilesFactor: number; aggregationMethod: string }[];
}

const section = ({ name, ...keys }: { name: string } & Record<string, string | number>): string =>
  `[${name}]\n${Object.entries(keys)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')}\n`;

async function startService(name: ServiceName, config: object): Promise<void> {
  writeFileSync(join(directory, 'conf', `${name}.yml`), stringify(config));
  const child = spawn(process.execPath, [join(projectRoot, entryFiles[name] ?? '')], {
    cwd: directory,
    stdio: 'inherit',
  });
  services.push(child);
  await eventually(`${name} ready`, 20_000, () => {
    const state = JSON.parse(readFileSync(stateFileOf(name, join(directory, 'run')), 'utf8')) as {
      ready: boolean;
      pid: number;
    };
    return state.ready && state.pid === child.pid ? true : undefined;
  });
}

before(async () => {
  if (skip) return;
  mkdirSync(join(directory, 'conf'));
  const { storage } = JSON.parse(readFileSync(join(suite, 'dataset.json'), 'utf8')) as {
    storage: StorageRules;
  };
  writeFileSync(
    join(directory, 'conf/storage-schemas.conf'),
    storage.schemas.map(section).join(''),
  );
  writeFileSync(
    join(directory, 'conf/storage-aggregation.conf'),
    storage.aggregation.map(section).join(''),
  );
  base = await freeBasePort();
  const at = (port: Parameters<typeof portOf>[0]): string => `127.0.0.1:${portOf(port, base)}`;
  await startService('carbon', {
    plaintext: { listen: at('plaintext') },
    carbonserver: { listen: at('carbonserver') },
  });
  await startService('carbonapi', {
    listen: at('carbonapi'),
    backends: [`http://${at('carbonserver')}`],
  });
});

after(async () => {
  for (const child of services) {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

function peakBytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

for (const [name, args] of [
  ['graphite-web', []],
  ['carbonapi', ['--cases', 'cases-carbonapi']],
] as const) {
  test(`answers what ${name} answered`, { skip, timeout: 600_000 }, async () => {
    const result = await execa(
      process.execPath,
      [
        join(suite, 'run.mjs'),
        '--carbon',
        `127.0.0.1:${portOf('plaintext', base)}`,
        '--api',
        `http://127.0.0.1:${portOf('carbonapi', base)}`,
        ...args,
      ],
      { reject: false, cwd: suite },
    );
    const lines = result.stdout.trim().split('\n');
    console.log(`${name}: ${lines.at(-1)}`);
    assert.equal(result.exitCode, 0, lines.slice(-60).join('\n'));
    for (const child of services) {
      const peak = peakBytes(child);
      console.log(`peak memory ${(peak / 1e6).toFixed(0)} MB`);
      assert.ok(peak < memoryBytesMax, `${peak} bytes`);
    }
  });
}
