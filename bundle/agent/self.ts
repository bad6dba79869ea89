// What the agent knows of itself, gathered in one place for the collectors that send it.
import type { DestinationStatistics } from './outputs/destination.ts';

export interface SelfState {
  /** Points waiting in memory and spool, over all outputs. */
  queuedPoints: number;
  /** Points given up since the start: queue or spool full, oldest first. */
  droppedPoints: number;
  sentPoints: number;
  resentPoints: number;
  spoolBytes: number;
  /** Identities remembered for rates. */
  series: number;
  unknownValues: number;
  outputs: DestinationStatistics[];
  collectors: {
    name: string;
    /** How long the last collection took. */
    lastMs: number;
    failures: number;
    overruns: number;
  }[];
  /** How late the last collection began. */
  lagMs: number;
  /** Counters of the running inputs. */
  inputs: Record<string, Record<string, number>>;
}
