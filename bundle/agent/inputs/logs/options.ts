// Keys of `inputs.logs` in agent.yml.
import { z } from '../../../core/config.ts';

export const ruleTypes = ['counter', 'timer', 'gauge', 'set'] as const;

export const ruleSchema = () =>
  z.strictObject({
    regex: z.string().describe('Found anywhere in the line; (?P<name>…) makes a named group.'),
    name: z.string().describe('Metric name; ${group} is filled in from the line.'),
    type: z.enum(ruleTypes).default('counter').describe('counter, timer, gauge or set.'),
    value: z
      .string()
      .or(z.number())
      .default(1)
      .describe('A number, or ${group}: what is counted, timed, shown or distinct.'),
    scale: z
      .number()
      .default(1)
      .describe('The value is multiplied by this, e.g. 1000 for seconds to ms.'),
  });

export type Rule = z.output<ReturnType<typeof ruleSchema>>;

const fileSchema = () =>
  z.strictObject({
    paths: z
      .array(z.string())
      .min(1)
      .describe('Files or globs, relative to the instance directory.'),
    prefix: z
      .string()
      .default('logs.{host}')
      .describe('First nodes of all names; {host} is filled in.'),
    ruleSet: z.string().default('').describe('A shipped set: jupyterhub.'),
    rules: z.array(ruleSchema()).default([]).describe('Your own rules, after those of the set.'),
    from: z
      .enum(['end', 'start'])
      .default('end')
      .describe('Where a file that was never seen begins.'),
  });

export const logOptions = () => ({
  files: z.array(fileSchema()).default([]).describe('What is followed, and by which rules.'),
  pollSeconds: z.number().positive().default(1).describe('Seconds between looks at the files.'),
  flushInterval: z.number().positive().default(10).describe('Seconds between points.'),
  percentThreshold: z
    .array(z.number().min(-100).max(100))
    .default([90])
    .describe('Percentiles of timers.'),
  idleFlushes: z.int().min(-1).default(360).describe('Flushes an idle name is still sent.'),
  namesMax: z
    .int()
    .positive()
    .default(20_000)
    .describe('Distinct names; more are dropped and counted.'),
  filesMax: z.int().positive().default(500).describe('Files followed at the same time.'),
});
