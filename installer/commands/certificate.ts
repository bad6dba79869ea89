// dkmadmin certificate status | renew. The supervisor runs `renew --if-needed` every day.
import { exitCodes } from '../../bundle/core/errors.ts';
import {
  type CertificateStatus,
  certificateStatus,
  certificateStatuses,
  endsSoon,
  hasAuthority,
  renewServer,
} from '../secure/identities.ts';
import { changeInstance, openInstance } from '../secure/owned-instance.ts';
import { secretPaths } from '../secure/secret-files.ts';
import type { AddCommand, AdminContext } from './command.ts';

const dayMs = 86_400_000;

function describe({ path, name, hosts, serial, validUntilMs }: CertificateStatus): string {
  const days = Math.floor((validUntilMs - Date.now()) / dayMs);
  const until = new Date(validUntilMs).toISOString().slice(0, 10);
  const forHosts = hosts.length === 0 ? '' : `, for ${hosts.join(', ')}`;
  return `${path}: ${name}${forHosts}; until ${until}, ${days} days; serial ${serial}`;
}

function status(context: AdminContext, json: boolean): void {
  const statuses = certificateStatuses(openInstance(context).home);
  if (json) {
    const rows = statuses.map(({ validUntilMs, ...row }) => ({
      ...row,
      validUntil: new Date(validUntilMs).toISOString(),
    }));
    context.say(JSON.stringify(rows));
  } else if (statuses.length === 0) context.say('no certificates: dkmadmin secure makes them');
  else for (const one of statuses) context.say(describe(one));
  if (statuses.some((one) => endsSoon(one, Date.now()))) process.exitCode = exitCodes.failure;
}

async function renew(context: AdminContext, ifNeeded: boolean): Promise<void> {
  const { home } = openInstance(context);
  const present = certificateStatus(home, secretPaths.server);
  if (ifNeeded) {
    const isNeeded = hasAuthority(home) && present !== undefined && endsSoon(present, Date.now());
    if (!isNeeded) return;
  }
  await changeInstance(context, async () => {
    const renewed = await renewServer(home, Date.now());
    context.say(`renewed, in use within seconds: ${describe(renewed)}`);
  });
}

export const addCertificateCommands: AddCommand = (program, context) => {
  const certificate = program.command('certificate').description('certificates of this instance');
  certificate
    .command('status')
    .description('print names, ends and serial numbers (exit code 1: one ends within 30 days)')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => status(context, json === true));
  certificate
    .command('renew')
    .description('sign the certificate of the server anew; nothing needs a restart')
    .option('--if-needed', 'only when it ends within 30 days')
    .action(({ ifNeeded }: { ifNeeded?: boolean }) => renew(context, ifNeeded === true));
};
