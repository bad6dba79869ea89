// The running exec input: commands on a schedule, their output as points. One that hangs, floods or fails costs
// the others nothing.
import type { z } from '../../../core/config.ts';
import type { InputContext, RunningInput } from '../input.ts';
import type { Command, execOptions } from './options.ts';
import { outputPoints } from './output-points.ts';
import { runCommand } from './run-command.ts';

const problemLogsPerRun = 3;

type Options = z.output<z.ZodObject<ReturnType<typeof execOptions>>>;

/** Starts the schedules; the first commands run at once. */
export async function start(
  { commands, concurrent, outputBytesMax }: Options,
  { log, now, hostName, emitPoint }: InputContext,
): Promise<RunningInput> {
  const counts = { runs: 0, failures: 0, timeouts: 0, skipped: 0, badLines: 0, points: 0 };
  const abort = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];

  const runOnce = async (command: Command): Promise<void> => {
    const timeSeconds = Math.round(now() / 1000);
    const result = await runCommand(command, outputBytesMax, abort.signal);
    if (abort.signal.aborted) return;
    counts.runs += 1;
    if (result.end === 'timeout') counts.timeouts += 1;
    const hasFailed =
      result.end !== 'exited' || (command.format !== 'nagios' && result.exitCode !== 0);
    if (hasFailed) {
      counts.failures += 1;
      const { end, exitCode, stderr } = result;
      log.warn('a command failed', {
        command: command.name,
        end,
        exitCode,
        stderr: stderr.slice(0, 300),
      });
    }
    const { points, problems } = outputPoints(command, result, hostName);
    counts.badLines += problems.length;
    for (const problem of problems.slice(0, problemLogsPerRun))
      log.warn(problem, { command: command.name });
    counts.points += points.length;
    for (const point of points)
      emitPoint(point.name, point.value, point.timeSeconds ?? timeSeconds);
  };

  const isRunning = new Set<Command>();
  const due = (command: Command): void => {
    if (isRunning.has(command)) {
      counts.skipped += 1;
      return;
    }
    isRunning.add(command);
    const begin = (): void => {
      const run = runOnce(command).finally(() => {
        underWay.delete(run);
        isRunning.delete(command);
        if (!abort.signal.aborted) waiting.shift()?.();
      });
      underWay.add(run);
    };
    if (underWay.size < concurrent) begin();
    else waiting.push(begin);
  };

  for (const [index, command] of commands.entries()) {
    // spread over the first interval, at most a second apart
    const offsetMs = (index * Math.min(1000, command.interval * 1000)) / commands.length;
    const first = setTimeout(() => {
      timers.delete(first);
      due(command);
      timers.add(setInterval(() => due(command), command.interval * 1000));
    }, offsetMs);
    timers.add(first);
  }
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      abort.abort();
      await Promise.all(underWay);
    },
    statistics: () => ({ ...counts }),
  };
}
