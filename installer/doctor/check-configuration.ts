// The configuration files, as the services that read them see them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { intervalProblem, loadRules } from '../../bundle/carbon/rules/index.ts';
import { storeFiles } from '../../bundle/carbon/rules/store-files.ts';
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
  } catch (error) {
    findings.push(problem('storage rules', messageOf(error), 'mend the line named'));
  }
  return findings.length === 0 ? [good('storage rules', 'every rule can apply')] : findings;
};
