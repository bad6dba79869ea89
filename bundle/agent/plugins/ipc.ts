// System V shared memory, semaphores and message queues, from /proc/sysvipc.
import type { Host } from '../host.ts';
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

/** Number of lines below the titles, and the sums of the columns asked for. */
function sumColumns(host: Host, file: string, columns: readonly string[]) {
  let titles: string[] | undefined;
  let count = 0;
  const sums = columns.map(() => 0);
  eachLine(requireText(host, `/proc/sysvipc/${file}`), (words) => {
    if (titles === undefined) {
      titles = words;
      return;
    }
    count += 1;
    for (const [i, column] of columns.entries())
      sums[i] = sums[i]! + (Number(words[titles.indexOf(column)]) || 0);
  });
  return { count, sums };
}

export const ipc = definePlugin({
  name: 'ipc',
  summary: 'shared memory, semaphores and message queues',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      const send = (pluginInstance: string, type: string, typeInstance: string, value: number) =>
        emit({ pluginInstance, type, typeInstance, values: [value] });
      const memory = sumColumns(host, 'shm', ['size', 'rss', 'swap']);
      send('shm', 'segments', '', memory.count);
      for (const [i, name] of ['total', 'rss', 'swapped'].entries())
        send('shm', 'bytes', name, memory.sums[i]!);
      const semaphores = sumColumns(host, 'sem', ['nsems']);
      send('sem', 'count', 'arrays', semaphores.count);
      send('sem', 'count', 'total', semaphores.sums[0]!);
      const messages = sumColumns(host, 'msg', ['qnum', 'cbytes']);
      send('msg', 'count', 'queues', messages.count);
      send('msg', 'count', 'headers', messages.sums[0]!);
      send('msg', 'count', 'space', messages.sums[1]!);
    },
  }),
});
