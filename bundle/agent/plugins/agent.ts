// The agent about itself: CPU time and memory, how long each collector takes, how late it runs, and
// for each output what was sent, sent again, dropped and is waiting.
import { definePlugin, type ReadContext } from './plugin.ts';

// What an input has at the moment; all else it tells of are counters.
const inputGauges = new Set(['names', 'files']);

const nodePart = (text: string): string => text.replace(/[^\w-]+/g, '_');

export const agentItself = definePlugin({
  name: 'agent',
  summary: 'the agent itself',
  platforms: ['linux', 'darwin', 'freebsd', 'win32'],
  enabledByDefault: true,
  options: () => ({}),
  create: (_options, { self }) => {
    const emitOutputs = ({ emit }: ReadContext, outputs: ReturnType<typeof self>['outputs']) => {
      for (const output of outputs) {
        const place = { pluginInstance: `output_${nodePart(output.name)}` };
        const count = (typeInstance: string, value: number): void =>
          emit({ ...place, type: 'derive', typeInstance, values: [value] });
        count('sent', output.sentPoints);
        count('resent', output.resentPoints);
        count('dropped', output.droppedPoints);
        count('reconnects', output.reconnects);
        emit({ ...place, type: 'queue_length', values: [output.queuedPoints] });
        emit({ ...place, type: 'bytes', typeInstance: 'spool', values: [output.spoolBytes] });
        emit({
          ...place,
          type: 'gauge',
          typeInstance: 'connected',
          values: [output.connected ? 1 : 0],
        });
      }
    };
    return {
      read: (context) => {
        const { emit } = context;
        const state = self();
        const { user, system } = process.cpuUsage();
        emit({ type: 'ps_cputime', values: [user, system] });
        emit({ type: 'ps_rss', values: [process.memoryUsage.rss()] });
        emit({ type: 'latency', typeInstance: 'lag', values: [state.lagMs / 1000] });
        emit({ type: 'derive', typeInstance: 'unknown_values', values: [state.unknownValues] });
        for (const { name, lastMs, failures, overruns } of state.collectors) {
          const place = { pluginInstance: `collector_${nodePart(name)}` };
          emit({ ...place, type: 'duration', values: [lastMs / 1000] });
          emit({ ...place, type: 'derive', typeInstance: 'failures', values: [failures] });
          emit({ ...place, type: 'derive', typeInstance: 'overruns', values: [overruns] });
        }
        emitOutputs(context, state.outputs);
        for (const [name, counters] of Object.entries(state.inputs)) {
          for (const [counter, value] of Object.entries(counters)) {
            emit({
              pluginInstance: `input_${nodePart(name)}`,
              type: inputGauges.has(counter) ? 'gauge' : 'derive',
              typeInstance: nodePart(counter),
              values: [value],
            });
          }
        }
      },
    };
  },
});
