// Starts run-tool.ts, or a python whisper program, and gives what it printed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

const tool = fileURLToPath(new URL('./run-tool.ts', import.meta.url));

function start(program: string, words: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(program, words, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'Europe/Paris', NO_COLOR: '1' },
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

export const dkmadmin = (...words: string[]): Outcome => start(process.execPath, [tool, ...words]);

/** Debian names the programs whisper-info, others whisper-info.py. */
const suffix = ['', '.py'].find((end) => start(`whisper-info${end}`, []).status === 1);

export const skipWithoutTools: string | false =
  suffix === undefined ? 'the python whisper programs are not installed' : false;

export const pythonTool = (name: string, ...words: string[]): Outcome =>
  start(`whisper-${name}${suffix}`, words);
