// Scripts for Graphite functions: series in, expression, series out. A script is lines of
//   window START END                        the window of what follows
//   load NAME STEP FIRST: 1 2 _ 5x3 1..4    values from FIRST on; _ is missing, 5x3 is 5 5 5
//   event TIME TAG…                         an event
//   eval EXPRESSION                         followed by its series, indented, in order:
//     NAME @FIRST/STEP: values
//   fail EXPRESSION                         followed by words of the error message, indented
// Times are seconds after `scriptEpoch`, in expressions written {{t:SECONDS}}. # starts a comment.
import assert from 'node:assert/strict';
import type { Backend } from '../../../bundle/carbonapi/backends/backend.ts';
import type { EvaluationRequest } from '../../../bundle/carbonapi/expression/evaluator.ts';
import { Evaluator } from '../../../bundle/carbonapi/expression/evaluator.ts';
import { Planner } from '../../../bundle/carbonapi/planner.ts';
import type { Series, TimeWindow } from '../../../bundle/carbonapi/series.ts';
import { Turns } from '../../../bundle/carbonapi/serving/turn.ts';
import { MemoryBackend } from '../memory-backend.ts';

/** A Thursday 00:00 UTC, a multiple of a week. */
export const scriptEpoch = 604_800 * 2976;

export interface ScriptStep {
  line: number;
  kind: 'eval' | 'fail';
  expression: string;
  expected: string[];
  request: EvaluationRequest;
}

export interface RequestOptions {
  backend: Backend;
  window: TimeWindow;
  events?: { when: number; tags: string[] }[];
}

/** What an evaluator needs to evaluate expressions over `backend`. */
export function requestFor({ backend, window, events = [] }: RequestOptions): EvaluationRequest {
  return {
    window,
    now: window.end + 3600,
    timeZone: 'UTC',
    maxDataPoints: undefined,
    xFilesFactor: 0,
    planner: new Planner(backend, { seriesMax: 10_000, pointsMax: 10_000_000 }),
    depthMax: 64,
    turns: new Turns(),
    events: async (tags, { start, end }) =>
      events.filter(
        ({ when, tags: given }) =>
          when >= start && when <= end && tags.every((tag) => given.includes(tag)),
      ),
  };
}

/** The series of one expression, as a fresh request would see them. */
export async function evaluate(expression: string, request: EvaluationRequest): Promise<Series[]> {
  return (await new Evaluator(request).evaluateTargets([expression])).flat();
}

function parseValues(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .flatMap((token) => {
      const repeated = /^(.+)x(\d+)$/.exec(token);
      if (repeated !== null) {
        return Array.from({ length: Number(repeated[2]) }, () =>
          parseValues(repeated[1] ?? ''),
        ).flat();
      }
      const ramp = /^(-?\d+)\.\.(-?\d+)$/.exec(token);
      if (ramp !== null) {
        const [first, last] = [Number(ramp[1]), Number(ramp[2])];
        const sign = last < first ? -1 : 1;
        return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) => first + i * sign);
      }
      return [token === '_' ? Number.NaN : Number(token.replace('inf', 'Infinity'))];
    });
}

function loadLine(backend: MemoryBackend, text: string): void {
  const match = /^(\S+) (\d+) (-?\d+):(.*)$/.exec(text);
  assert.ok(match, `cannot read "load ${text}"`);
  const [, name = '', step, first, values = ''] = match;
  const points = parseValues(values).flatMap((value, i): [number, number][] =>
    Number.isNaN(value) ? [] : [[scriptEpoch + Number(first) + i * Number(step), value]],
  );
  backend.add(name, [{ step: Number(step), points: 1_000_000 }], points);
}

const withTimes = (text: string): string =>
  text.replace(/\{\{t:(-?\d+)\}\}/g, (_, seconds) => String(scriptEpoch + Number(seconds)));

const withoutTimes = (text: string): string =>
  text.replace(
    /(?<![\d.])1[78]\d{8}(?![\d.])/g,
    (digits) => `{{t:${Number(digits) - scriptEpoch}}}`,
  );

/** The steps of a script, ready to be run. */
export function parseScript(text: string): ScriptStep[] {
  const backend = new MemoryBackend(() => scriptEpoch + 10_000_000);
  const events: { when: number; tags: string[] }[] = [];
  const steps: ScriptStep[] = [];
  let window = { start: scriptEpoch, end: scriptEpoch + 360 };
  text.split('\n').forEach((written, index) => {
    const line = written.replace(/(^|\s)#.*$/, '').trimEnd();
    const [, command = '', rest = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (line.trim() === '') return;
    if (line.startsWith('  ')) steps.at(-1)?.expected.push(line.slice(2));
    else if (command === 'window') {
      const [start = 0, end = 0] = rest.split(' ').map(Number);
      window = { start: scriptEpoch + start, end: scriptEpoch + end };
    } else if (command === 'load') loadLine(backend, rest);
    else if (command === 'event') {
      const [time, ...tags] = rest.split(' ');
      events.push({ when: scriptEpoch + Number(time), tags });
    } else if (command === 'eval' || command === 'fail') {
      const request = requestFor({ backend, window, events });
      const expression = withTimes(rest);
      steps.push({ line: index + 1, kind: command, expression, expected: [], request });
    } else assert.fail(`line ${index + 1}: cannot read "${line}"`);
  });
  return steps;
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return '_';
  // What is left of zero after rounding errors depends on the order of operations.
  if (Math.abs(value) < 1e-12) return '0';
  return String(Number(value.toPrecision(10))).replace('Infinity', 'inf');
}

/** A series as a line of a script. */
export function formatSeries({ name, start, step, values }: Series): string {
  const texts = Array.from(values, formatValue);
  return withoutTimes(`${name} @${start - scriptEpoch}/${step}: ${texts.join(' ')}`).trimEnd();
}

/** What a step gives: lines as the script should have them. */
export async function runStep({ kind, expression, request }: ScriptStep): Promise<string[]> {
  if (kind === 'eval') return (await evaluate(expression, request)).map(formatSeries);
  try {
    const list = await evaluate(expression, request);
    return [`no error but ${list.length} series`];
  } catch (error) {
    assert.ok(error instanceof Error);
    return [withoutTimes(error.message)];
  }
}
