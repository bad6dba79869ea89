// Gathers what somebody who helps needs to know, without secrets.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { arch, cpus, freemem, loadavg, release, tmpdir, totalmem, uptime } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { messageOf } from '../bundle/core/errors.ts';
import { version } from '../bundle/core/version.ts';
import { lastLines } from '../bundle/supervisor/log-view.ts';
import { listFiles } from './config-merge.ts';

const logLinesMax = 2000;
const secretKey =
  /^(\s*[-#]?\s*["']?[\w.-]*(?:password|passwd|secret|token|credential|api_?key|private_?key)[\w.-]*["']?\s*[:=]\s*)\S.*$/i;
// user:password@ in an address
const secretInUrl = /(\/\/[^/\s:@]+:)[^@\s]+@/g;

/** `text` with the values of keys that look like secrets left out. */
export function withoutSecrets(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(secretKey, '$1(left out)').replace(secretInUrl, '$1(left out)@'))
    .join('\n');
}

function describeMachine(): string {
  const disk = ((): string => {
    try {
      return execFileSync('df', ['-P', '-h'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch (error) {
      return messageOf(error);
    }
  })();
  const facts = {
    version,
    node: process.version,
    platform: `${process.platform} ${release()} ${arch()}`,
    processors: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    freeMemoryMb: Math.round(freemem() / 2 ** 20),
    load: loadavg(),
    uptimeSeconds: Math.round(uptime()),
  };
  return `${JSON.stringify(facts, undefined, 2)}\n\n${disk}`;
}

/** Sizes and times of what is in storage, two levels deep; no names of series. */
function describeStorage(home: string): string {
  const lines: string[] = [];
  const storage = join(home, 'storage');
  for (const name of existsSync(storage) ? readdirSync(storage) : []) {
    const path = join(storage, name);
    const stat = statSync(path);
    if (stat.isFile()) lines.push(`${name}  ${stat.size} bytes, ${stat.mtime.toISOString()}`);
    else {
      const files = listFiles(path);
      const bytes = files.reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
      lines.push(`${name}/  ${files.length} files, ${bytes} bytes`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Writes a .tar.gz to `target` and returns the names of what is in it. */
export async function writeSupportBundle(options: {
  home: string;
  target: string;
  status: unknown;
  findings: readonly string[];
}): Promise<string[]> {
  const { home, target, status, findings } = options;
  const workspace = mkdtempSync(join(tmpdir(), 'dkm-support-'));
  const top = 'dkumonitor-support';
  const put = (path: string, content: string): void => {
    const file = join(workspace, top, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  try {
    put('status.json', `${JSON.stringify(status ?? { running: false }, undefined, 2)}\n`);
    put('doctor.txt', `${findings.join('\n')}\n`);
    put('machine.txt', describeMachine());
    put('storage.txt', describeStorage(home));
    for (const path of listFiles(join(home, 'conf'))) {
      if (!path.startsWith('secrets/'))
        put(`conf/${path}`, withoutSecrets(readFileSync(join(home, 'conf', path), 'utf8')));
    }
    for (const name of readdirSync(join(home, 'run')).filter((file) => file.endsWith('.log'))) {
      put(
        `run/${name}`,
        `${withoutSecrets(lastLines(join(home, 'run', name), logLinesMax).join('\n'))}\n`,
      );
    }
    await create({ file: target, cwd: workspace, gzip: true, portable: true, mode: 0o600 }, [top]);
    return listFiles(join(workspace, top));
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}
