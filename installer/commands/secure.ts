// dkmadmin secure: TLS, client certificates and access tokens for an instance that has none.
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { servicesOf } from '../../bundle/supervisor/instance.ts';
import { changeInstance } from '../secure/owned-instance.ts';
import {
  clientAdvice,
  keepBefore,
  keptSuffix,
  makeSecure,
  planSecure,
  readHosts,
  type SecurePlan,
} from '../secure/secure-instance.ts';
import { checkServiceConfig } from '../service-config.ts';
import { changedLines } from '../three-way-merge.ts';
import type { AddCommand, AdminContext } from './command.ts';

function describe(context: AdminContext, { hosts, edits }: SecurePlan): void {
  context.say(`the server's certificate: ${hosts.join(', ')}`);
  for (const { path, before, after } of edits) {
    context.say(`${path}:`);
    for (const { removed, added } of changedLines(before, after)) {
      for (const line of removed) context.say(`  -${line}`);
      for (const line of added) context.say(`  +${line}`);
    }
  }
}

// Files that a service would refuse are put back.
async function checkEdits(home: string, { instance, edits }: SecurePlan): Promise<void> {
  for (const service of servicesOf(instance)) {
    const complaint = await checkServiceConfig(home, service);
    if (complaint === undefined) continue;
    for (const { path, before } of edits) writeFileAtomicSync(`${home}/${path}`, before);
    throw new OperatingError('bad-config', `nothing is changed: ${complaint}`, {
      exitCode: exitCodes.config,
    });
  }
}

async function secure(
  context: AdminContext,
  options: { hosts?: string; dryRun?: boolean },
): Promise<void> {
  await changeInstance(context, async (home, instance) => {
    const plan = planSecure(home, instance, readHosts(options.hosts));
    if (options.dryRun === true) {
      describe(context, plan);
      return;
    }
    keepBefore(home, plan.edits);
    await makeSecure(home, plan, Date.now());
    await checkEdits(home, plan);
    for (const { path } of plan.edits)
      context.say(`${path} changed, as it was before: ${path}${keptSuffix}`);
    for (const line of clientAdvice(home, plan)) context.say(line);
    if (plan.edits.length > 0) context.say(`to put it into effect: ${home}/bin/dkm restart`);
  });
}

export const addSecureCommand: AddCommand = (program, context) => {
  program
    .command('secure')
    .description('TLS with an own authority, client certificates for agents, tokens for the API')
    .option('--hosts <names>', 'further names or addresses of this server, with commas between')
    .option('--dry-run', 'print what would change')
    .action((options: { hosts?: string; dryRun?: boolean }) => secure(context, options));
};
