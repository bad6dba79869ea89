// A disk that fails: strace attaches to a running process and makes its system calls on chosen files
// end with EIO, until it lets go of it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** For `test(…, { skip })`. */
export const skipWithoutFaults: string | false = await problem();

async function problem(): Promise<string | false> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (spawnSync('strace', ['-V'], { stdio: 'ignore' }).status !== 0)
    return 'strace is not installed';
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    await once(sleeper, 'spawn');
    const end = await failCalls(sleeper.pid as number, 'pwrite64', ['/nowhere']);
    await end();
    return false;
  } catch {
    return 'strace may not attach to a process here';
  } finally {
    sleeper.kill('SIGKILL');
  }
}

/**
 * From when it resolves, calls of the process in `calls` (comma-separated) on one of `paths` fail with
 * EIO: all, or those that `when` (strace's `first+step`) picks. What it resolves to ends that.
 */
export async function failCalls(
  pid: number,
  calls: string,
  paths: readonly string[],
  when?: string,
): Promise<() => Promise<void>> {
  const inject = `inject=${calls}:error=EIO${when === undefined ? '' : `:when=${when}`}`;
  const wanted = paths.flatMap((path) => ['-P', path]);
  const options = ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${calls}`];
  const strace: ChildProcess = spawn('strace', [...options, '-e', inject, ...wanted], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    strace.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/attached/.test(text)) resolve();
    });
    strace.once('exit', () => reject(new Error(`strace has ended: ${text}`)));
  });
  return async () => {
    if (strace.exitCode !== null || strace.signalCode !== null) return;
    const gone = once(strace, 'exit');
    strace.kill('SIGINT');
    await gone;
  };
}
