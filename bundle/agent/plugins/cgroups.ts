// CPU time, memory, tasks and disk traffic of control groups, version 1 and 2: services (second
// level, as collectd has it) and containers wherever they stand.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { createMatchList } from '../match-list.ts';
import { eachLine, numberAfter, readNumber, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const serviceDepth = 2;
const depthMax = 6;
// docker-<id>.scope, cri-containerd-<id>.scope, libpod-<id>.scope, or the bare id.
const containerName = /^(?:[a-z-]+-)?([0-9a-f]{64})(?:\.scope)?$/;
const shortIdCharacters = 12;
const limitBytesMax = 2 ** 48; // above, version 1 means no limit

interface Mounts {
  isUnified: boolean;
  cpu: string;
  memory: string | undefined;
  tasks: string | undefined;
}

/** Where the hierarchies are mounted; version 1 goes first, as a hybrid system counts there. */
function findMounts(host: Host): Mounts {
  let unified: string | undefined;
  const controllers = new Map<string, string>();
  eachLine(requireText(host, '/proc/self/mounts'), ([, directory = '', fsType, options = '']) => {
    if (fsType === 'cgroup2') unified ??= directory;
    if (fsType !== 'cgroup') return;
    for (const option of options.split(','))
      if (!controllers.has(option)) controllers.set(option, directory);
  });
  const cpu = controllers.get('cpuacct');
  if (cpu !== undefined) {
    const memory = controllers.get('memory');
    return { isUnified: false, cpu, memory, tasks: controllers.get('pids') };
  }
  if (unified === undefined)
    throw new OperatingError('cannot-read', 'no control groups are mounted');
  return { isUnified: true, cpu: unified, memory: unified, tasks: unified };
}

/** A container's own name where Docker's files may be read, else the beginning of its id. */
function nameContainer(host: Host, id: string): string {
  const text = host.readText(`/var/lib/docker/containers/${id}/config.v2.json`) ?? '';
  const name = /"Name":\s*"\/?([^"\\]+)"/.exec(text)?.[1];
  return name ?? id.slice(0, shortIdCharacters);
}

export const cgroups = definePlugin({
  name: 'cgroups',
  summary: 'control groups: services and containers',
  options: () => ({
    cgroup: z.array(z.string()).default([]).describe('Groups: exact names or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(false)
      .describe('true leaves the named ones out, false takes only them.'),
    reportMemory: z.boolean().default(true).describe('Send memory in use and its limit, if any.'),
    reportTasks: z.boolean().default(true).describe('Send the number of tasks.'),
    reportIo: z.boolean().default(true).describe('Send disk traffic (version 2 only).'),
    groupsMax: z
      .number()
      .int()
      .min(1)
      .default(500)
      .describe('Groups collected at most, so that short-lived ones cannot fill the store.'),
  }),
  collectdDefaults: { reportMemory: false, reportTasks: false, reportIo: false },
  create: (options, { log }) => {
    const list = createMatchList(options.cgroup, options.ignoreSelected);
    const names = new Map<string, string>();
    let complained = false;

    const nameOf = (host: Host, path: string, entry: string): string => {
      let name = names.get(path);
      if (name === undefined) {
        const id = containerName.exec(entry)?.[1];
        name = id === undefined ? entry : nameContainer(host, id);
        names.set(path, name);
      }
      return name;
    };

    /** Names of groups with their path below the mount. */
    const find = (host: Host, mount: string): Map<string, string> => {
      const found = new Map<string, string>();
      const seen = new Set<string>();
      const walk = (path: string, depth: number): void => {
        for (const entry of host.directories(`${mount}${path}`) ?? []) {
          if (found.size >= options.groupsMax) return;
          const below = `${path}/${entry}`;
          seen.add(below);
          if (depth === serviceDepth || containerName.test(entry)) {
            const name = nameOf(host, below, entry);
            if (!list.leavesOut(name) && !found.has(name)) found.set(name, below);
          }
          if (depth < depthMax) walk(below, depth + 1);
        }
      };
      walk('', 1);
      for (const path of names.keys()) if (!seen.has(path)) names.delete(path);
      return found;
    };

    const cpuTicks = (host: Host, mounts: Mounts, path: string): [number, number] | undefined => {
      const file = mounts.isUnified ? 'cpu.stat' : 'cpuacct.stat';
      const text = host.readText(`${mounts.cpu}${path}/${file}`);
      if (text === undefined) return undefined;
      const read = (key: string): number => numberAfter(text, `${key} `) ?? 0;
      if (!mounts.isUnified) return [read('user'), read('system')];
      const ticks = (key: string): number => Math.floor((read(key) * host.ticksPerSecond) / 1e6);
      return [ticks('user_usec'), ticks('system_usec')];
    };

    const diskBytes = (text: string): [number, number] => {
      let read = 0;
      let written = 0;
      for (const [, key, bytes] of text.matchAll(/\b([rw])bytes=(\d+)/g)) {
        if (key === 'r') read += Number(bytes);
        else written += Number(bytes);
      }
      return [read, written];
    };

    return {
      read: ({ host, emit }) => {
        const mounts = findMounts(host);
        const found = find(host, mounts.cpu);
        if (found.size >= options.groupsMax && !complained) {
          complained = true;
          log.warn('there are more control groups than are collected', { max: options.groupsMax });
        }
        for (const [name, path] of found) {
          const send = (type: string, typeInstance: string, ...values: number[]): void =>
            emit({ pluginInstance: name, type, typeInstance, values });
          const ticks = cpuTicks(host, mounts, path);
          if (ticks !== undefined) {
            send('cpu', 'user', ticks[0]);
            send('cpu', 'system', ticks[1]);
          }
          if (options.reportMemory && mounts.memory !== undefined) {
            const file = mounts.isUnified ? 'memory.current' : 'memory.usage_in_bytes';
            const bytes = readNumber(host, `${mounts.memory}${path}/${file}`);
            if (bytes !== undefined) send('memory', 'used', bytes);
            const limitFile = mounts.isUnified ? 'memory.max' : 'memory.limit_in_bytes';
            const limit = readNumber(host, `${mounts.memory}${path}/${limitFile}`);
            if (limit !== undefined && limit < limitBytesMax) send('memory', 'limit', limit);
          }
          if (options.reportTasks && mounts.tasks !== undefined) {
            const tasks = readNumber(host, `${mounts.tasks}${path}/pids.current`);
            if (tasks !== undefined) send('count', 'tasks', tasks);
          }
          if (options.reportIo && mounts.isUnified) {
            const text = host.readText(`${mounts.cpu}${path}/io.stat`);
            if (text !== undefined) send('disk_octets', '', ...diskBytes(text));
          }
        }
      },
    };
  },
});
