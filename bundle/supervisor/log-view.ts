// Reads the log files for `dkm logs` and for the last words of a service that failed.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { logFileOf, outputFileOf } from './instance.ts';

const chunkBytes = 64 * 1024;
const followIntervalMs = 200;

/** The last `count` lines of a file, without line ends; none when there is no file. */
export function lastLines(path: string, count: number): string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    let position = statSync(path).size;
    let text = Buffer.alloc(0);
    let lines: string[] = [];
    while (position > 0 && lines.length <= count + 1) {
      const size = Math.min(chunkBytes, position);
      position -= size;
      const chunk = Buffer.alloc(size);
      const read = readSync(file, chunk, 0, size, position);
      text = Buffer.concat([chunk.subarray(0, read), text]);
      lines = text.toString('utf8').split('\n');
    }
    if (lines.at(-1) === '') lines.pop();
    return count === 0 ? [] : lines.slice(-count);
  } finally {
    closeSync(file);
  }
}

interface Line {
  time: string;
  text: string;
}

const timeAtStart = /^\d{4}-\d\d-\d\dT[\d:.]+Z/;

function timedLines(path: string, count: number): Line[] {
  // What a process prints has no time: it is placed where its file was last written.
  let time = statSync(path, { throwIfNoEntry: false })?.mtime.toISOString() ?? '';
  const lines = lastLines(path, count);
  const first = lines.find((line) => timeAtStart.test(line));
  if (first !== undefined) time = timeAtStart.exec(first)?.[0] ?? time;
  return lines.map((text) => {
    time = timeAtStart.exec(text)?.[0] ?? time;
    return { time, text };
  });
}

/** The last `count` lines a service wrote or its process printed, oldest first. */
export function lastLinesOfService(name: string, count: number): string[] {
  return [outputFileOf(name), logFileOf(name)]
    .flatMap((path) => timedLines(path, count))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .slice(-count)
    .map(({ text }) => text);
}

interface Followed {
  path: string;
  prefix: string;
  inode: number;
  position: number;
  rest: string;
}

function readOn(followed: Followed, write: (line: string) => void): void {
  const stat = statSync(followed.path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.ino !== followed.inode || stat.size < followed.position) {
    followed.inode = stat.ino;
    followed.position = 0;
  }
  if (stat.size === followed.position) return;
  const file = openSync(followed.path, 'r');
  try {
    const chunk = Buffer.alloc(chunkBytes);
    while (followed.position < stat.size) {
      const read = readSync(file, chunk, 0, chunk.length, followed.position);
      if (read === 0) break;
      followed.position += read;
      const lines = (followed.rest + chunk.toString('utf8', 0, read)).split('\n');
      followed.rest = lines.pop() ?? '';
      for (const line of lines) write(`${followed.prefix}${line}\n`);
    }
  } finally {
    closeSync(file);
  }
}

/** Prints what is added to the files from now on, until the process ends. */
export function followFiles(
  files: { path: string; prefix: string }[],
  write: (line: string) => void,
): void {
  const followed = files.map(({ path, prefix }) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return { path, prefix, inode: stat?.ino ?? 0, position: stat?.size ?? 0, rest: '' };
  });
  setInterval(() => {
    for (const one of followed) readOn(one, write);
  }, followIntervalMs);
}
