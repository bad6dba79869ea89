// Services outlive a supervisor that was killed. Their numbers are on file, so that the next one
// (or `dkm stop`) ends exactly those processes and no other that got the number since.
import { readFileSync } from 'node:fs';
import { writeFileAtomicSync } from '../core/atomic-file.ts';
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts';
import { instancePaths } from './instance.ts';
import { endProcess } from './process-info.ts';

export type ServiceProcesses = Record<string, ProcessIdentity>;

export function recordServices(processes: ServiceProcesses): void {
  writeFileAtomicSync(instancePaths.servicesRecord, `${JSON.stringify(processes)}\n`);
}

/** The recorded services that still run. The working directory is the instance. */
export function leftoverServices(): ServiceProcesses {
  let recorded: ServiceProcesses;
  try {
    recorded = JSON.parse(readFileSync(instancePaths.servicesRecord, 'utf8')) as ServiceProcesses;
  } catch {
    return {};
  }
  return Object.fromEntries(Object.entries(recorded).filter(([, identity]) => isRunning(identity)));
}

/** Ends them all; what they hold is written out, because SIGTERM comes first. */
export async function endLeftovers(
  leftovers: ServiceProcesses,
  politeMsOf: (name: string) => number,
): Promise<void> {
  await Promise.all(
    Object.entries(leftovers).map(([name, identity]) => endProcess(identity, politeMsOf(name))),
  );
}
