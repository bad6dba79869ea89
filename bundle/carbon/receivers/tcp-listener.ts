// What all TCP receivers share: the idle timeout, the pauses of back-pressure, and an orderly stop.
// What the bytes mean is the reader's matter.
import type { Socket } from 'node:net';
import type { ReceiverCounters } from './ledger.ts';
import { drain, type Receiver, type ReceiverContext } from './receiver.ts';
import { type BeginReading, type StreamServerOptions, startStreamServer } from './stream-server.ts';

/**
 * What a reader says: nothing, that it has more to hand over and wants to be resumed, or that what
 * comes can no longer be understood and the connection is to be closed.
 */
export type StreamAnswer = 'more' | 'refuse' | undefined;

/** Reads one connection. */
export interface StreamReader {
  /** Takes the next bytes; until it has answered undefined it gets no others. */
  push(chunk: Buffer): StreamAnswer;
  /** The bytes pushed last are about to be overwritten: keeps those it still needs. */
  retain(): void;
  /** Goes on after 'more'. */
  resume(): StreamAnswer;
  /** The peer has sent everything, or is gone. */
  end(): void;
}

export interface TcpOptions extends StreamServerOptions {
  idleTimeoutSeconds: number;
}

// A stop waits up to ten seconds for what back-pressure has kept from the cache.
const busyWaitMilliseconds = 20;
const busyWaitsMax = 500;
// And a moment for peers that notice its end of the connection to finish theirs.
const farewellWaitMilliseconds = 10;
const farewellWaitsMax = 25;

/** Listens and reads until stopped; resolves once the port answers. */
export async function startTcpListener(
  options: TcpOptions,
  counters: ReceiverCounters,
  context: ReceiverContext,
  createReader: () => StreamReader,
): Promise<Receiver> {
  const { gate, intake, log } = context;
  let busy = 0;
  const open = new Set<Socket>();
  const serve = (begin: BeginReading): void => {
    const reader = createReader();
    let hasEnded = false;
    let isBusy = false;
    // Hands over until the reader has nothing left, waiting whenever the gate is closed.
    const work = (answer: StreamAnswer): void => {
      while (answer === 'more') {
        gate.check();
        if (!gate.isOpen) {
          reader.retain();
          waitForGate(() => work(reader.resume()));
          return;
        }
        answer = reader.resume();
      }
      if (answer === 'refuse') {
        hasEnded = true;
        rest();
        socket.destroy();
        return;
      }
      gate.check();
      if (intake.flushJournal === undefined) rest();
      else {
        hold();
        void intake.flushJournal().then(rest);
      }
    };
    const hold = (): void => {
      if (isBusy) return;
      isBusy = true;
      busy++;
      socket.pause();
    };
    const rest = (): void => {
      if (!isBusy) return;
      isBusy = false;
      busy--;
      if (hasEnded) finish();
      else socket.resume();
    };
    const waitForGate = (goOn: () => void): void => {
      hold();
      gate.whenOpen(goOn);
    };
    // Our half is closed only when all that came before the end of the peer's is consumed.
    const finish = (): void => {
      reader.end();
      socket.end();
    };
    const socket = begin((chunk) => {
      if (gate.isOpen) {
        work(reader.push(chunk));
        return;
      }
      const kept = Buffer.from(chunk);
      waitForGate(() => work(reader.push(kept)));
    });
    counters.active++;
    open.add(socket);
    socket.on('end', () => {
      hasEnded = true;
      if (!isBusy) finish();
    });
    socket.on('timeout', () => {
      // Not when it is we who do not read.
      if (!isBusy) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (!hasEnded) {
        hasEnded = true;
        if (!isBusy) reader.end();
      }
      counters.active--;
      open.delete(socket);
    });
    socket.setTimeout(options.idleTimeoutSeconds * 1000);
  };
  const server = await startStreamServer(options, counters, log, serve);
  return {
    address: server.address,
    counters,
    stop: async () => {
      await drain(() => counters.received);
      const closed = server.close();
      for (const socket of open) socket.end();
      for (let k = 0; open.size > 0 && k < farewellWaitsMax; k++)
        await new Promise((resolve) => setTimeout(resolve, farewellWaitMilliseconds));
      await drain(() => counters.received);
      for (let k = 0; busy > 0 && k < busyWaitsMax; k++)
        await new Promise((resolve) => setTimeout(resolve, busyWaitMilliseconds));
      server.cut();
      await closed;
    },
  };
}
