// Plaintext over TCP.
import { LineReader } from './line-reader.ts';
import { PlaintextParser } from './plaintext-parser.ts';
import type { Receiver, ReceiverContext } from './receiver.ts';
import { startTcpListener, type TcpOptions } from './tcp-listener.ts';

export interface PlaintextOptions extends TcpOptions {
  /** Longer lines are refused and skipped. */
  lineBytesMax: number;
}

export function startTcpReceiver(
  options: PlaintextOptions,
  context: ReceiverContext,
): Promise<Receiver> {
  const counters = context.ledger.receiver('tcp');
  return startTcpListener(options, counters, context, () => {
    const parser = new PlaintextParser(context.intake, counters, options.lineBytesMax);
    const lines = new LineReader(parser, counters, options.lineBytesMax);
    return {
      push: (chunk) => {
        lines.push(chunk);
        return undefined;
      },
      retain: () => {},
      resume: () => undefined,
      end: () => lines.end(),
    };
  });
}
