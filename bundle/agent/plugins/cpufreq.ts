// Clock frequency of each CPU, and the share of time in each frequency where the kernel counts it.
import { eachLine, readNumber } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

const directory = '/sys/devices/system/cpu';
const percentMax = 100.1; // the bound of the type; clocks that differ a little must not leave gaps

export const cpufreq = definePlugin({
  name: 'cpufreq',
  summary: 'CPU frequencies',
  options: () => ({}),
  create: () => {
    let before = new Map<string, number>();
    let beforeMs = 0;

    const readStates = (
      { host, emit, elapsedMs }: ReadContext,
      cpu: number,
      now: typeof before,
    ) => {
      const text = host.readText(`${directory}/cpu${cpu}/cpufreq/stats/time_in_state`);
      eachLine(text ?? '', ([frequency = '', ticks]) => {
        const key = `${cpu} ${frequency}`;
        const hundredths = Number(ticks);
        now.set(key, hundredths);
        const last = before.get(key);
        if (last === undefined) return;
        // Hundredths of a second per second are percent.
        const percent = ((hundredths - last) * 1000) / (elapsedMs - beforeMs);
        emit({
          pluginInstance: `${cpu}`,
          type: 'percent',
          typeInstance: frequency,
          values: [Math.min(percent, percentMax)],
        });
      });
    };

    return {
      read: (context) => {
        const { host, emit } = context;
        const now = new Map<string, number>();
        for (let cpu = 0; ; cpu++) {
          const kilohertz = readNumber(host, `${directory}/cpu${cpu}/cpufreq/scaling_cur_freq`);
          if (kilohertz === undefined) break;
          emit({ pluginInstance: `${cpu}`, type: 'cpufreq', values: [kilohertz * 1000] });
          const changes = readNumber(host, `${directory}/cpu${cpu}/cpufreq/stats/total_trans`);
          if (changes === undefined) continue;
          emit({ pluginInstance: `${cpu}`, type: 'transitions', values: [changes] });
          readStates(context, cpu, now);
        }
        before = now;
        beforeMs = context.elapsedMs;
      },
    };
  },
});
