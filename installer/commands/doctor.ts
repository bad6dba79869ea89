// dkmadmin doctor: looks at everything that can be wrong, and says how to mend it.
import { exitCodes } from '../../bundle/core/errors.ts';
import { askStatus } from '../../bundle/supervisor/control-client.ts';
import { readInstance } from '../../bundle/supervisor/instance.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import { findDoors } from '../doctor/doors.ts';
import type { Finding } from '../doctor/finding.ts';
import { examine } from '../doctor/index.ts';
import type { AddCommand, AdminContext } from './command.ts';

const signs: Record<Finding['level'], string> = {
  good: '  ok     ',
  note: '  note   ',
  warning: 'WARNING  ',
  problem: 'PROBLEM  ',
};

/** Everything the doctor finds in the instance. */
export async function findingsOf(home: string): Promise<Finding[]> {
  process.chdir(home); // the control socket is found relative to it
  const instance = readInstance(home);
  const doors = findDoors(home, instance);
  return examine({ home, instance, doors, status: await askStatus() });
}

/** One or two lines a finding. */
export function formatFindings(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ level, about, text, fix }) => [
    `${signs[level]}${about}: ${text}`,
    ...(fix === undefined ? [] : [`         -> ${fix}`]),
  ]);
}

async function doctor(context: AdminContext, options: { json?: boolean }): Promise<void> {
  const findings = await findingsOf(checkInstanceDirectory(context.home()));
  if (options.json === true) context.say(JSON.stringify(findings));
  else for (const line of formatFindings(findings)) context.say(line);
  if (findings.some(({ level }) => level === 'problem')) process.exitCode = exitCodes.failure;
}

export const addDoctorCommand: AddCommand = (program, context) => {
  program
    .command('doctor')
    .description('look for everything that can be wrong, with the remedy (exit code 1: a problem)')
    .option('--json', 'as one line of JSON')
    .action((options: { json?: boolean }) => doctor(context, options));
};
