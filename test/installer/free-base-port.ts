// A base port whose whole block is free now. Below the range of outgoing connections, and each
// test process begins somewhere else.
import { busyPorts, neededPorts } from '../../installer/ports.ts';

let next = 10_000 + (process.pid % 1000) * 20;

export async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = next;
    next += 20;
    if ((await busyPorts(neededPorts('all', base))).length === 0) return base;
  }
}
