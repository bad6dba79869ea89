// What a command printed, as Graphite points: plaintext lines, JSON, or Nagios plugin output.
import { messageOf } from '../../../core/errors.ts';
import type { Command } from './options.ts';
import { parsePluginOutput } from './plugin-output.ts';
import type { CommandResult } from './run-command.ts';

export interface OutputPoint {
  name: string;
  value: number;
  /** Unix seconds; the time of the run when absent. */
  timeSeconds?: number;
}

export interface OutputPoints {
  points: OutputPoint[];
  /** What could not be read, quoted, with the reason. */
  problems: string[];
}

const pointsMax = 10_000;
const depthMax = 8;

/** Nagios's word for an exit code; anything else is unknown. */
export const unknownState = 3;

/** A text as one or more nodes of a name: no white space, no separators of Graphite's own. */
export function nodeText(text: string): string {
  return text
    .replace(/[\s~!$:;%^*()+={}[\]|\\/<>,"'#?]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^\.|\.$/g, '');
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 120));

function fromLines(text: string, prefix: string): OutputPoints {
  const result: OutputPoints = { points: [], problems: [] };
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [name = '', valueText = '', timeText, ...rest] = line.trim().split(/\s+/);
    const value = Number(valueText);
    const time = timeText === undefined || timeText === '-1' ? undefined : Number(timeText);
    if (
      valueText === '' ||
      !Number.isFinite(value) ||
      (time !== undefined && !(time > 0)) ||
      rest.length > 0
    ) {
      result.problems.push(`not "name value [time]": ${quote(line)}`);
    } else if (result.points.length < pointsMax) {
      result.points.push({
        name: prefix + name,
        value,
        ...(time === undefined ? {} : { timeSeconds: Math.trunc(time) }),
      });
    }
  }
  return result;
}

function flatten(value: unknown, name: string, depth: number, points: OutputPoint[]): void {
  if (points.length >= pointsMax || depth > depthMax) return;
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (Number.isFinite(Number(value)) && name !== '') points.push({ name, value: Number(value) });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const node = nodeText(key);
      if (node !== '') flatten(member, name === '' ? node : `${name}.${node}`, depth + 1, points);
    }
  }
}

function fromJson(text: string, prefix: string): OutputPoints {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { points: [], problems: [`not JSON (${messageOf(error)}): ${quote(text)}`] };
  }
  const points: OutputPoint[] = [];
  flatten(value, '', 0, points);
  return { points: points.map((point) => ({ ...point, name: prefix + point.name })), problems: [] };
}

function fromPlugin({ stdout, exitCode, end }: CommandResult, prefix: string): OutputPoints {
  const { values, bad } = parsePluginOutput(stdout);
  const state = end === 'exited' && exitCode <= unknownState ? exitCode : unknownState;
  const points = values.flatMap(({ label, value }) =>
    Number.isNaN(value) ? [] : [{ name: `${prefix}${nodeText(label) || '_'}`, value }],
  );
  points.push({ name: `${prefix}state`, value: state });
  return { points, problems: bad.map((text) => `not performance data: ${quote(text)}`) };
}

/** The points of one finished run. */
export function outputPoints(
  command: Command,
  result: CommandResult,
  hostName: string,
): OutputPoints {
  const template =
    command.prefix || (command.format === 'nagios' ? 'nagios.{host}.{name}' : 'exec.{host}.{name}');
  const filled = template.replaceAll('{host}', hostName).replaceAll('{name}', command.name);
  const prefix = command.absoluteNames && command.format === 'graphite' ? '' : `${filled}.`;
  if (command.format === 'nagios') return fromPlugin(result, prefix);
  return command.format === 'json'
    ? fromJson(result.stdout, prefix)
    : fromLines(result.stdout, prefix);
}
