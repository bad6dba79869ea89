// What dkmadmin doctor finds, and the contract of its checks.

import type { Instance } from '../../bundle/supervisor/instance.ts';
import type { SupervisorStatus } from '../../bundle/supervisor/protocol.ts';
import type { Doors } from './doors.ts';

export interface Finding {
  level: 'good' | 'note' | 'warning' | 'problem';
  /** What was looked at, a word or two. */
  about: string;
  text: string;
  /** What to do about it. */
  fix?: string;
}

export interface Patient {
  /** The instance directory; also the working directory. */
  home: string;
  instance: Instance;
  /** Undefined when the supervisor does not run. */
  status: SupervisorStatus | undefined;
  doors: Doors;
}

export type Check = (patient: Patient) => Promise<Finding[]> | Finding[];

export const good = (about: string, text: string): Finding => ({ level: 'good', about, text });
export const note = (about: string, text: string, fix: string): Finding => ({
  level: 'note',
  about,
  text,
  fix,
});
export const warning = (about: string, text: string, fix: string): Finding => ({
  level: 'warning',
  about,
  text,
  fix,
});
export const problem = (about: string, text: string, fix: string): Finding => ({
  level: 'problem',
  about,
  text,
  fix,
});
