// What a service process and its supervisor agree on. Small, because every call of dkm loads it.
import { join } from 'node:path';

/**
 * What a service says of itself in run/<name>.state.json. The supervisor believes it only while
 * `pid` is the process it started.
 */
export interface ServiceState {
  pid: number;
  version: string;
  ready: boolean;
  reason: string;
  since: string;
}

export const runDirectory = 'run';

/** Set by the supervisor: the file the log goes to instead of standard output. */
export const logFileVariable = 'DKM_LOG_FILE';

export const stateFileOf = (name: string, directory = runDirectory): string =>
  join(directory, `${name}.state.json`);
