// run/install.log: what the installer did, with the time, in the form the original had.
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface InstallLog {
  add(message: string): void;
  /** From now on lines go to `path`, after those already there. */
  writeTo(path: string): void;
}

function stamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A log that keeps its lines until it is told where they go. */
export function createInstallLog(now: () => Date = () => new Date()): InstallLog {
  let waiting = '';
  let file: string | undefined;
  return {
    add: (message) => {
      const line = `[+] ${stamp(now())} - ${message}\n`;
      if (file === undefined) waiting += line;
      else appendFileSync(file, line);
    },
    writeTo: (path) => {
      mkdirSync(dirname(path), { recursive: true });
      const before = file === undefined ? waiting : readFileSync(file, 'utf8');
      appendFileSync(path, before);
      waiting = '';
      file = path;
    },
  };
}
