// File handles of the whole machine, from /proc/sys/fs/file-nr.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import { requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

export const fhcount = definePlugin({
  name: 'fhcount',
  summary: 'file handles',
  options: () => ({
    valuesAbsolute: z.boolean().default(true).describe('Send numbers.'),
    valuesPercentage: z.boolean().default(false).describe('Send whole percent.'),
  }),
  create: (options) => ({
    read: ({ host, emit }) => {
      const words = requireText(host, '/proc/sys/fs/file-nr').trim().split(/\s+/).map(Number);
      const [used = Number.NaN, unused = Number.NaN, max = Number.NaN] = words;
      if (words.length !== 3 || Number.isNaN(used + unused + max))
        throw new OperatingError('bad-input', '/proc/sys/fs/file-nr does not hold three numbers');
      const send = (type: string, typeInstance: string, value: number): void =>
        emit({ type, typeInstance, values: [value] });
      if (options.valuesAbsolute) {
        send('file_handles', 'used', used);
        send('file_handles', 'unused', unused);
        send('file_handles', 'max', max);
      }
      if (options.valuesPercentage) {
        send('percent', 'used', Math.trunc((used / max) * 100));
        send('percent', 'unused', Math.trunc((unused / max) * 100));
      }
    },
  }),
});
