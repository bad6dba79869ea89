// Pickle and protobuf over TCP: the same frames, different contents.
import { FrameBudget, FrameReader } from './frame-reader.ts';
import type { FrameDecoder } from './point-batch.ts';
import type { Receiver, ReceiverContext } from './receiver.ts';
import { startTcpListener, type TcpOptions } from './tcp-listener.ts';

export interface FramedOptions extends TcpOptions {
  /** Longer frames are refused and their connection closed. */
  frameBytesMax: number;
}

// Unfinished frames of all connections: four of the longest.
const budgetFrames = 4;
const quietMilliseconds = 10_000;

/** Starts the receiver called `name` for frames that `decode` reads. */
export function startFramedReceiver(
  name: string,
  decode: FrameDecoder,
  options: FramedOptions,
  context: ReceiverContext,
): Promise<Receiver> {
  const counters = context.ledger.receiver(name);
  const budget = new FrameBudget(options.frameBytesMax * budgetFrames);
  let saidAt = Number.NEGATIVE_INFINITY;
  const refuse = (problem: string): void => {
    if (performance.now() - saidAt < quietMilliseconds) return;
    saidAt = performance.now();
    context.log.warn(`${name}: a connection was closed: ${problem}`);
  };
  const { frameBytesMax } = options;
  return startTcpListener(
    options,
    counters,
    context,
    () => new FrameReader(context.intake, counters, { decode, frameBytesMax, budget, refuse }),
  );
}
