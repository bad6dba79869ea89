// The configuration files, as the services that read them see them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  intervalProblem,
  loadRules,
  planChanges,
  type StorageRules,
} from '../../bundle/carbon/rules/index.ts';
import { type StoreFiles, storeFiles, taggedNames } from '../../bundle/carbon/rules/store-files.ts';
import { loadConfig, z } from '../../bundle/core/config.ts';
import { messageOf } from '../../bundle/core/errors.ts';
import { servicesOf } from '../../bundle/supervisor/instance.ts';
import { checkServiceConfig } from '../service-config.ts';
import { type Check, type Finding, good, problem, warning } from './finding.ts';

export const checkConfiguration: Check = async ({ home, instance }) => {
  const findings: Finding[] = [];
  for (const service of servicesOf(instance)) {
    const complaint = await checkServiceConfig(home, service);
    if (complaint !== undefined) {
      findings.push(
        problem(
          'configuration',
          complaint,
          'mend the line; dkmadmin config diff shows what was edited',
        ),
      );
    }
  }
  return findings.length === 0
    ? [good('configuration', 'every service accepts its file')]
    : findings;
};

const agentKeys = z.looseObject({ interval: z.number().optional() });

/** So many files are compared with their rules: a million would take minutes. */
const comparedMax = 2000;

function filesUnlikeRules(files: StoreFiles, rules: StorageRules): Finding[] {
  if (!existsSync(files.directory)) return [];
  let compared = 0;
  let unlike = 0;
  let example = '';
  for (const file of planChanges(files.directory, rules, { namesByPath: taggedNames(files) })) {
    if (compared === comparedMax) break;
    compared += 1;
    if (file.kind !== 'change') continue;
    unlike += 1;
    example ||= file.change.metric;
  }
  if (unlike === 0) return [];
  return [
    warning(
      'storage rules',
      `${unlike} of ${compared} files looked at do not follow their rule, such as that of ${example}: a rule counts when a file is made`,
      'dkmadmin schema plan shows what would change, dkmadmin schema apply does it',
    ),
  ];
}

export const checkStorageRules: Check = ({ home, instance }) => {
  if (!servicesOf(instance).includes('carbon')) return [];
  const findings: Finding[] = [];
  try {
    const rules = loadRules(storeFiles(home));
    for (const text of rules.warnings) {
      findings.push(
        warning(
          'storage rules',
          text,
          'edit conf/storage-schemas.conf; dkmadmin schema test METRIC tries it',
        ),
      );
    }
    const agentFile = join(home, 'conf/agent.yml');
    const { interval = 10 } = existsSync(agentFile) ? loadConfig(agentKeys, agentFile) : {};
    const mismatch = intervalProblem(
      rules,
      `collectd.${instance.reversedHostname}.cpu.0`,
      interval,
    );
    if (mismatch !== undefined && servicesOf(instance).includes('agent')) {
      findings.push(
        warning(
          'storage rules',
          mismatch,
          'make the finest step of the rule equal to interval in conf/agent.yml',
        ),
      );
    }
    findings.push(...filesUnlikeRules(storeFiles(home), rules));
  } catch (error) {
    findings.push(problem('storage rules', messageOf(error), 'mend the line named'));
  }
  return findings.length === 0 ? [good('storage rules', 'every rule can apply')] : findings;
};
