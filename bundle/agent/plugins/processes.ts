// Processes: how many in which state, how fast new ones come, and groups of them chosen by name or
// by a pattern on the command line.
import { z } from '../../core/config.ts';
import { compileRegex } from '../../core/safe-regex.ts';
import { numberAfter, requireText } from '../proc-text.ts';
import { type GroupOptions, ProcessGroup } from '../process-table/process-group.ts';
import { type GroupMatcher, ProcessTable } from '../process-table/process-table.ts';
import { type CollectdItem, definePlugin, type PluginTools } from './plugin.ts';

const groupFlags = () => ({
  collectFileDescriptor: z.boolean().optional().describe('Count open descriptors.'),
  collectContextSwitch: z.boolean().optional().describe('Count context switches.'),
  collectMemoryMaps: z.boolean().optional().describe('Count memory maps.'),
});

const processSchema = () =>
  z.strictObject({
    name: z.string().min(1).describe('Exact name of the program, 15 characters at most on Linux.'),
    ...groupFlags(),
  });

const processMatchSchema = () =>
  z.strictObject({
    name: z.string().min(1).describe('Name of the group in metric names.'),
    regex: z
      .string()
      .superRefine((text, context) => {
        try {
          compileRegex(text);
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          context.addIssue({ code: 'custom', message });
        }
      })
      .describe('Found anywhere in the command line.'),
    ...groupFlags(),
  });

const nameCharactersMax = 15;

type Flags = Partial<Omit<GroupOptions, 'name'>>;

/** A pair of braces of collectd: <Process "name"> or <ProcessMatch "name" "regex">. */
function readGroup(item: CollectdItem, options: Record<string, unknown>): boolean {
  const key = item.key.toLowerCase();
  if (key !== 'process' && key !== 'processmatch') return false;
  const group: Record<string, unknown> = { name: String(item.values[0] ?? '') };
  if (key === 'processmatch') group['regex'] = String(item.values[1] ?? '');
  // collectd applies the switches above a group to it, those below only to later ones.
  for (const flag of Object.keys(groupFlags())) {
    if (options[flag] !== undefined) group[flag] = options[flag];
    const own = item.children.find((child) => child.key.toLowerCase() === flag.toLowerCase());
    if (own !== undefined) group[flag] = own.values[0] === true || own.values[0] === 'true';
  }
  const list = key === 'process' ? 'process' : 'processMatch';
  options[list] = [...((options[list] as unknown[] | undefined) ?? []), group];
  return true;
}

export const processes = definePlugin({
  name: 'processes',
  summary: 'processes by state and groups of processes',
  enabledByDefault: true,
  options: () => ({
    collectFileDescriptor: z.boolean().default(true).describe('Count open descriptors of groups.'),
    collectContextSwitch: z.boolean().default(true).describe('Count context switches of groups.'),
    collectMemoryMaps: z.boolean().default(true).describe('Count memory maps of groups.'),
    collectSystemContextSwitch: z
      .boolean()
      .default(false)
      .describe('Send processes.contextswitch, switches of the whole machine.'),
    process: z.array(processSchema()).default([]).describe('Groups by exact program name.'),
    processMatch: z
      .array(processMatchSchema())
      .default([])
      .describe('Groups by a regular expression on the command line.'),
  }),
  collectdDefaults: {
    collectFileDescriptor: false,
    collectContextSwitch: false,
    collectMemoryMaps: false,
  },
  readCollectdItem: readGroup,
  create: (options, { log }: PluginTools) => {
    const taken = new Set<string>();
    const matchers: GroupMatcher[] = [];
    const add = (name: string, flags: Flags, matches: GroupMatcher['matches']): void => {
      if (taken.has(name)) {
        log.warn('two groups of processes have one name, the first is taken', { group: name });
        return;
      }
      taken.add(name);
      const group = new ProcessGroup({
        name,
        collectFileDescriptor: flags.collectFileDescriptor ?? options.collectFileDescriptor,
        collectContextSwitch: flags.collectContextSwitch ?? options.collectContextSwitch,
        collectMemoryMaps: flags.collectMemoryMaps ?? options.collectMemoryMaps,
      });
      matchers.push({ group, matches });
    };
    for (const { name, regex, ...flags } of options.processMatch) {
      const pattern = compileRegex(regex);
      add(name, flags as Flags, (_, commandLine) => pattern.test(commandLine));
    }
    for (const { name, ...flags } of options.process) {
      if (name.length > nameCharactersMax)
        log.warn(`program names end at ${nameCharactersMax} characters here`, { process: name });
      add(name, flags as Flags, (program) => program === name);
    }
    const table = new ProcessTable(matchers);

    return {
      read: async ({ host, emit }) => {
        const states = await table.collect(host);
        const stat = requireText(host, '/proc/stat');
        const sendState = (state: string, value: number): void =>
          emit({ type: 'ps_state', typeInstance: state, values: [value] });
        // The kernel's own count: looking at processes one by one hardly ever meets one running.
        sendState('running', numberAfter(stat, 'procs_running ') ?? 0);
        for (const [state, count] of Object.entries(states)) sendState(state, count);
        for (const { group } of matchers) group.emit(emit);
        const forks = numberAfter(stat, 'processes ');
        if (forks !== undefined) emit({ type: 'fork_rate', values: [forks] });
        const switches = numberAfter(stat, 'ctxt ');
        if (options.collectSystemContextSwitch && switches !== undefined)
          emit({ type: 'contextswitch', values: [switches] });
      },
    };
  },
});
