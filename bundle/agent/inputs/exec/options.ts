// Keys of `inputs.exec` in agent.yml.
import { z } from '../../../core/config.ts';

export const outputFormats = ['graphite', 'json', 'nagios'] as const;

export const commandSchema = () =>
  z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'letters, digits, _ and - only')
      .describe('Names the command in metrics and in the log.'),
    command: z
      .string()
      .min(1)
      .or(z.array(z.string()).min(1))
      .describe('A line for the shell, or a list: program and arguments, no shell.'),
    format: z
      .enum(outputFormats)
      .default('graphite')
      .describe('What it prints: Graphite lines, JSON or Nagios plugin output.'),
    interval: z.number().positive().default(60).describe('Seconds between runs.'),
    timeout: z
      .number()
      .positive()
      .default(30)
      .describe('Seconds after which it and all its children are killed.'),
    prefix: z
      .string()
      .default('')
      .describe(
        'Put before its names; {host} and {name} are filled in. Empty: exec.{host}.{name}, nagios.{host}.{name}.',
      ),
    absoluteNames: z
      .boolean()
      .default(false)
      .describe('Graphite lines carry whole names; no prefix.'),
    environment: z
      .record(z.string(), z.string())
      .default({})
      .describe('Added to PATH, HOME and LANG.'),
    directory: z.string().default('').describe('Where it runs; the instance directory when empty.'),
  });

export type Command = z.output<ReturnType<typeof commandSchema>>;

export const execOptions = () => ({
  commands: z.array(commandSchema()).default([]).describe('What is run, each on its own schedule.'),
  concurrent: z
    .int()
    .positive()
    .default(8)
    .describe('Commands running at the same time; others wait.'),
  outputBytesMax: z
    .int()
    .positive()
    .default(1024 * 1024)
    .describe('Output of one run; more ends it.'),
});
