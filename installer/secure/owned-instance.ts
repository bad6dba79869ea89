// The instance a command may change secrets of, held so that two commands cannot do so at once.
import { type Instance, readInstance, refuseRoot } from '../../bundle/supervisor/instance.ts';
import { checkInstanceDirectory, lockDirectory } from '../data-dir.ts';

/** What this needs of a command's context. */
export interface Surroundings {
  home(): string;
  allowRoot(): boolean;
}

/** The instance to look at; throws when there is none or this user may not change it. */
export function openInstance(surroundings: Surroundings): { home: string; instance: Instance } {
  const home = checkInstanceDirectory(surroundings.home());
  const instance = readInstance(home);
  // What root writes here, the instance's own user could not read.
  refuseRoot({
    allowRoot: instance.allowRoot || surroundings.allowRoot(),
    program: 'this command of dkmadmin',
  });
  return { home, instance };
}

/** Runs `work` while no other command changes the instance. */
export async function changeInstance<T>(
  surroundings: Surroundings,
  work: (home: string, instance: Instance) => Promise<T> | T,
): Promise<T> {
  const { home, instance } = openInstance(surroundings);
  const lock = lockDirectory(home);
  try {
    return await work(home, instance);
  } finally {
    lock.release();
  }
}
