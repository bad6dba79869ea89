// dkmadmin agent-token, frontend-token and agents on a secure server, dkmadmin join on what is installed
// already.
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { listAgents, revokeAgent } from '../secure/agents.ts';
import {
  createJoinToken,
  encodeJoinToken,
  type JoinToken,
  planJoin,
  readJoinToken,
  writeJoinSecrets,
} from '../secure/join-token.ts';
import { changeInstance, openInstance } from '../secure/owned-instance.ts';
import { applyEdits, keepBefore, keptSuffix } from '../secure/secure-instance.ts';
import type { AddCommand, AdminContext } from './command.ts';

async function printToken(
  context: AdminContext,
  use: JoinToken['use'],
  name: string,
  options: { host?: string },
): Promise<void> {
  const token = await changeInstance(context, (home, { basePort }) =>
    createJoinToken(home, { use, name, host: options.host, basePort }, Date.now()),
  );
  context.say(encodeJoinToken(token));
  context.warn(
    `for ${name}, which reaches this server as ${token.host}: ./installer -t ${use} -d DIRECTORY -p PORT ` +
      '--join @FILE (keep it secret, delete it after use)',
  );
}

function list(context: AdminContext, json: boolean): void {
  const rows = listAgents(openInstance(context).home);
  if (json) {
    context.say(JSON.stringify(rows));
    return;
  }
  const width = Math.max(4, ...rows.map(({ name }) => name.length));
  context.say(`${'NAME'.padEnd(width)}  GIVEN                     REVOKED`);
  for (const { name, created, revoked = '' } of rows)
    context.say(`${name.padEnd(width)}  ${created}  ${revoked}`.trimEnd());
}

function joinServer(context: AdminContext, text: string): Promise<void> {
  const token = readJoinToken(text);
  return changeInstance(context, (home, instance) => {
    if (instance.type !== token.use) {
      throw new OperatingError(
        'usage',
        `this join token is for type ${token.use}, not ${instance.type}`,
        { exitCode: exitCodes.usage },
      );
    }
    const edits = planJoin(home, token);
    writeJoinSecrets(home, token);
    keepBefore(home, edits);
    applyEdits(home, edits);
    for (const { path } of edits)
      context.say(
        `${path} goes to ${token.host} inside TLS; as it was before: ${path}${keptSuffix}`,
      );
    context.say(`to put it into effect: ${home}/bin/dkm restart`);
  });
}

export const addAgentTokenCommands: AddCommand = (program, context) => {
  program
    .command('agent-token <name>')
    .description('print a join token: all that an agent needs to send points to this secure server')
    .option('--host <name>', 'how the agent reaches this server (default: its own name)')
    .action((name: string, options: { host?: string }) =>
      printToken(context, 'agent', name, options),
    );
  program
    .command('frontend-token <name>')
    .description('the same for a frontend: dashboards that read from this secure server')
    .option('--host <name>', 'how the frontend reaches this server (default: its own name)')
    .action((name: string, options: { host?: string }) =>
      printToken(context, 'frontend', name, options),
    );
  const agents = program.command('agents').description('agents that have a join token');
  agents
    .command('list')
    .description('print who was given a certificate, and when')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => list(context, json === true));
  agents
    .command('revoke <name>')
    .description('take the certificates of an agent back: it cannot connect any more')
    .action((name: string) =>
      changeInstance(context, async (home) => {
        const count = await revokeAgent(home, name, new Date());
        context.say(
          `${count} certificate(s) of ${name} revoked; what is connected now stays so until`,
        );
        context.say(`its connection ends: ${home}/bin/dkm restart carbon`);
      }),
    );
  program
    .command('join <token>')
    .description('let this agent or frontend use the server of a join token (TOKEN, @FILE or @-)')
    .action((token: string) => joinServer(context, token));
};
