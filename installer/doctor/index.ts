// All checks of dkmadmin doctor, in the order a person would look.
import { checkCertificates } from './check-certificates.ts';
import { checkConfiguration, checkStorageRules } from './check-configuration.ts';
import { checkDoors } from './check-doors.ts';
import { checkLinks, checkPermissions, checkSeriesDirectories, checkSpace } from './check-files.ts';
import { checkClock, checkLimits } from './check-machine.ts';
import {
  checkBoot,
  checkLogs,
  checkOpenDoors,
  checkPorts,
  checkServices,
} from './check-services.ts';
import type { Check, Finding, Patient } from './finding.ts';

const checks: readonly Check[] = [
  checkLinks,
  checkPermissions,
  checkSeriesDirectories,
  checkCertificates,
  checkSpace,
  checkLimits,
  checkClock,
  checkConfiguration,
  checkStorageRules,
  checkServices,
  checkPorts,
  checkDoors,
  checkLogs,
  checkOpenDoors,
  checkBoot,
];

/** Runs every check. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) findings.push(...(await check(patient)));
  return findings;
}
