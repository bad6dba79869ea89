// Traffic of serial lines, from /proc/tty/driver. Only root may read it.
import { OperatingError } from '../../core/errors.ts';
import { eachLine } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const files = ['/proc/tty/driver/serial', '/proc/tty/driver/ttyS'];

export const serial = definePlugin({
  name: 'serial',
  summary: 'traffic of serial lines',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      const text = host.readText(files[0]!) ?? host.readText(files[1]!);
      if (text === undefined)
        throw new OperatingError('cannot-read', `cannot read any of ${files.join(', ')}`);
      // "0: uart:16550A port:000003F8 irq:4 tx:5826 rx:0 RTS|CTS"; a line without a device has no rx.
      eachLine(text, (words, line) => {
        const received = / rx:(\d+)/.exec(line)?.[1];
        const sent = / tx:(\d+)/.exec(line)?.[1];
        const [number = ''] = words;
        if (received === undefined || sent === undefined || !number.endsWith(':')) return;
        const typeInstance = number.slice(0, -1);
        emit({ type: 'serial_octets', typeInstance, values: [Number(received), Number(sent)] });
      });
    },
  }),
});
