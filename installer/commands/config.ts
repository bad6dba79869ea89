// dkmadmin config check | show | diff.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../bundle/core/errors.ts';
import { servicesMeant } from '../../bundle/supervisor/control-actions.ts';
import { instancePaths, readInstance } from '../../bundle/supervisor/instance.ts';
import { listFiles } from '../config-merge.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import { checkConfiguration, checkStorageRules } from '../doctor/check-configuration.ts';
import { confBase } from '../install.ts';
import { checkServiceConfig, effectiveConfig } from '../service-config.ts';
import { type ChangedLines, changedLines } from '../three-way-merge.ts';
import type { AddCommand, AdminContext } from './command.ts';

async function check(context: AdminContext, words: readonly string[]): Promise<void> {
  const home = checkInstanceDirectory(context.home());
  const instance = readInstance(home);
  const patient = { home, instance, status: undefined, doors: {} };
  const complaints: string[] = [];
  if (words.length === 0) {
    for (const finding of [
      ...(await checkConfiguration(patient)),
      ...(await checkStorageRules(patient)),
    ]) {
      if (finding.level === 'problem') complaints.push(finding.text);
      else context.say(finding.text);
    }
  }
  for (const service of words.length === 0 ? [] : servicesMeant(instance, words)) {
    const complaint = await checkServiceConfig(home, service);
    if (complaint === undefined) context.say(`conf/${service}.yml: good`);
    else complaints.push(complaint);
  }
  for (const complaint of complaints) context.warn(complaint);
  if (complaints.length > 0) process.exitCode = exitCodes.config;
}

async function show(context: AdminContext, words: readonly string[]): Promise<void> {
  const home = checkInstanceDirectory(context.home());
  for (const service of servicesMeant(readInstance(home), words)) {
    context.say(`# conf/${service}.yml with its defaults\n${await effectiveConfig(home, service)}`);
  }
}

const formatChange = ({ line, removed, added }: ChangedLines): string =>
  [
    `@@ line ${line}`,
    ...removed.map((text) => `-${text}`),
    ...added.map((text) => `+${text}`),
  ].join('\n');

// Against what was installed, or merged by the last update.
function diff(context: AdminContext): void {
  const home = checkInstanceDirectory(context.home());
  const base = join(home, confBase, instancePaths.conf);
  const conf = join(home, instancePaths.conf);
  const shipped = existsSync(base) ? listFiles(base) : [];
  for (const path of shipped) {
    const present = join(conf, path);
    if (!existsSync(present)) {
      context.say(`conf/${path}: removed`);
      continue;
    }
    const changes = changedLines(
      readFileSync(join(base, path), 'utf8'),
      readFileSync(present, 'utf8'),
    );
    if (changes.length > 0) context.say(`conf/${path}:\n${changes.map(formatChange).join('\n')}`);
  }
  for (const path of listFiles(conf)) {
    const own = !shipped.includes(path) && path !== 'instance.json' && !path.startsWith('secrets/');
    if (own) context.say(`conf/${path}: added`);
  }
}

export const addConfigCommands: AddCommand = (program, context) => {
  const config = program.command('config').description('look at the configuration');
  config
    .command('check [services...]')
    .description('let the services check their files (exit code 78: something is wrong)')
    .action((words: string[]) => check(context, words));
  config
    .command('show [services...]')
    .description('print the configuration as it takes effect, defaults included')
    .action((words: string[]) => show(context, words));
  config
    .command('diff')
    .description('print what differs from the files as they were installed')
    .action(() => diff(context));
};
