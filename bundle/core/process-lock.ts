// A file that says which process owns something. The lock of a process that died is taken over.
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from './errors.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

export interface ProcessLock {
  release(): void;
}

function readOwner(path: string): { text: string; owner: ProcessIdentity | undefined } {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
    const [pid, startTime] = text.trim().split('\n');
    return { text, owner: { pid: Number(pid), startTime: startTime ?? '' } };
  } catch {
    return { text, owner: undefined };
  }
}

/** The living owner of the lock, or undefined. */
export function lockOwner(path: string): ProcessIdentity | undefined {
  const { owner } = readOwner(path);
  return owner !== undefined && isRunning(owner) ? owner : undefined;
}

// Two processes may find the same dead lock: each moves away what it finds and puts it back when
// that turns out to be the other's fresh one.
function removeDeadLock(path: string, deadText: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== deadText) linkSync(aside, path);
  } catch {
    // Someone else was quicker; the caller looks again.
  } finally {
    rmSync(aside, { force: true });
  }
}

// What a process left beside the lock that was killed while it took it.
function removeForgotten(path: string): void {
  const name = basename(path);
  for (const entry of readdirSync(dirname(path))) {
    if (!entry.startsWith(`${name}.`)) continue;
    const pid = Number(/^(?:new\.)?(\d+)$/.exec(entry.slice(name.length + 1))?.[1]);
    if (pid > 0 && identify(pid) === undefined) {
      rmSync(join(dirname(path), entry), { force: true });
    }
  }
}

/** Takes the lock for this process, or returns the living process that holds it. */
export function takeLock(path: string): ProcessLock | ProcessIdentity {
  const own = identify(process.pid);
  const content = `${process.pid}\n${own?.startTime ?? ''}\n`;
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      // Written beside and linked, so that nobody ever reads a lock without an owner in it.
      const beside = `${path}.new.${process.pid}`;
      const file = openSync(beside, 'w', 0o644);
      writeSync(file, content);
      closeSync(file);
      try {
        linkSync(beside, path);
      } finally {
        rmSync(beside, { force: true });
      }
      removeForgotten(path);
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const { text, owner } = readOwner(path);
    if (owner !== undefined && isRunning(owner)) return owner;
    removeDeadLock(path, text);
  }
  throw new Error(`cannot take the lock ${path}`);
}
