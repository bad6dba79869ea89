// Runs Debian's python3-whisper beside ours: a list of calls in, their results and the file's
// bytes after each out.
import { spawnSync } from 'node:child_process';

/** One call; `now` is given everywhere so that no clock takes part. */
export type PythonCall =
  | {
      call: 'create';
      path: string;
      archives: [number, number][];
      xff: number;
      method: string;
      sparse: boolean;
    }
  | { call: 'update'; path: string; time: number; value: number; now: number }
  | { call: 'update_many'; path: string; points: [number, number][]; now: number }
  | { call: 'fetch'; path: string; from: number; until: number; now: number }
  | { call: 'merge'; path: string; source: string; from: number; until: number; now: number }
  | { call: 'diff'; path: string; other: string; ignoreEmpty: boolean; until: number; now: number }
  | { call: 'info'; path: string };

export interface PythonResult {
  /** What the call returned, or null. */
  result: unknown;
  /** The text of what it threw. */
  error?: string;
  /** The whole file afterwards. */
  bytes: Buffer;
}

const driver = `
import base64, json, sys, whisper
answers = []
for c in json.load(sys.stdin):
    answer = {'result': None, 'bytes': ''}
    try:
        kind = c['call']
        if kind == 'create':
            whisper.create(c['path'], [tuple(a) for a in c['archives']], c['xff'], c['method'], c['sparse'])
        elif kind == 'update':
            whisper.update(c['path'], c['value'], c['time'], c['now'])
        elif kind == 'update_many':
            whisper.update_many(c['path'], [tuple(p) for p in c['points']], c['now'])
        elif kind == 'fetch':
            answer['result'] = whisper.fetch(c['path'], c['from'], c['until'], c['now'])
        elif kind == 'merge':
            whisper.merge(c['source'], c['path'], c['from'], c['until'], c['now'])
        elif kind == 'diff':
            answer['result'] = whisper.diff(c['path'], c['other'], c['ignoreEmpty'], c['until'], c['now'])
        elif kind == 'info':
            answer['result'] = whisper.info(c['path'])
    except Exception as e:
        answer['error'] = '%s: %s' % (type(e).__name__, e)
    try:
        answer['bytes'] = base64.b64encode(open(c['path'], 'rb').read()).decode()
    except IOError:
        pass
    answers.append(answer)
json.dump(answers, sys.stdout)
`;

const candidates = ['/usr/bin/python3', 'python3'];
/** A python that can import whisper, or undefined. */
export const python = candidates.find(
  (name) => spawnSync(name, ['-c', 'import whisper'], { stdio: 'ignore' }).status === 0,
);

/** For `test(…, { skip })`. */
export const skipWithoutPython: string | false =
  python === undefined ? 'python3-whisper is not installed' : false;

/** Runs all calls in one python process. */
export function runPython(calls: PythonCall[]): PythonResult[] {
  const run = spawnSync(python ?? 'python3', ['-c', driver], {
    input: JSON.stringify(calls),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`python failed: ${run.stderr}`);
  const answers = JSON.parse(run.stdout) as { result: unknown; error?: string; bytes: string }[];
  return answers.map((answer) => ({ ...answer, bytes: Buffer.from(answer.bytes, 'base64') }));
}
