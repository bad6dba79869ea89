// Context switches of the whole machine.
import { OperatingError } from '../../core/errors.ts';
import { numberAfter, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

export const contextswitch = definePlugin({
  name: 'contextswitch',
  summary: 'context switches',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      const switches = numberAfter(requireText(host, '/proc/stat'), 'ctxt ');
      if (switches === undefined)
        throw new OperatingError('bad-input', '/proc/stat has no line ctxt');
      emit({ type: 'contextswitch', values: [switches] });
    },
  }),
});
