// dkmadmin token create | list | revoke: who may use the Graphite API.

import { changeInstance, openInstance } from '../secure/owned-instance.ts';
import { createToken, listTokens, readRole, revokeToken } from '../secure/tokens.ts';
import type { AddCommand, AdminContext } from './command.ts';

function list(context: AdminContext, json: boolean): void {
  const rows = listTokens(openInstance(context).home).map(({ name, role, created }) => ({
    name,
    role,
    created,
  }));
  if (json) {
    context.say(JSON.stringify(rows));
    return;
  }
  const width = Math.max(4, ...rows.map(({ name }) => name.length));
  context.say(`${'NAME'.padEnd(width)}  ROLE   CREATED`);
  for (const { name, role, created } of rows)
    context.say(`${name.padEnd(width)}  ${role.padEnd(5)}  ${created}`);
}

export const addTokenCommands: AddCommand = (program, context) => {
  const token = program.command('token').description('access tokens of the Graphite API');
  token
    .command('create <name>')
    .description('make a token and print it, once')
    .requiredOption('--role <role>', 'read, write (also events and tags) or admin (also deletes)')
    .action((name: string, { role }: { role: string }) =>
      changeInstance(context, (home) =>
        context.say(createToken(home, name, readRole(role), new Date())),
      ),
    );
  token
    .command('list')
    .description('print names, roles and dates')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => list(context, json === true));
  token
    .command('revoke <name>')
    .description('take a token away; it is refused from the next second on')
    .action((name: string) =>
      changeInstance(context, (home) => {
        revokeToken(home, name);
        context.say(`the token ${name} is revoked`);
      }),
    );
};
