// The ways to a Graphite server that ship. A carrier is its own file plus a line here.
import type { Carrier } from './output.ts';
import { tcp, tls } from './stream.ts';
import { udp } from './udp.ts';

export const carriers: readonly Carrier[] = [tcp, tls, udp];
