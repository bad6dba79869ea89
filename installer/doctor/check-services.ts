// The services as the supervisor sees them, their ports, their logs, the boot service.
import { logFileOf, servicesOf } from '../../bundle/supervisor/instance.ts';
import { lastLines } from '../../bundle/supervisor/log-view.ts';
import { initSystems } from '../boot/index.ts';
import { bootFilesOf } from '../boot/installed.ts';
import { busyPorts } from '../ports.ts';
import { shellWord } from '../shell-word.ts';
import { isOpenToNetwork } from './doors.ts';
import { type Check, type Finding, good, note, problem, warning } from './finding.ts';

const logLinesLooked = 500;

export const checkServices: Check = ({ status }) => {
  if (status === undefined) {
    return [problem('services', 'the supervisor is not running', 'dkm start')];
  }
  return status.services.map(({ name, state, reason, restarts, lastEnd }) => {
    if (state !== 'ready') {
      return problem(name, `${state}${reason === '' ? '' : `: ${reason}`}`, `dkm logs ${name}`);
    }
    if (restarts > 0) {
      return warning(
        name,
        `ended by itself ${restarts} times, last with ${lastEnd}`,
        `dkm logs ${name}`,
      );
    }
    return good(name, 'ready');
  });
};

// Only when nothing of ours runs: then every port must be free.
export const checkPorts: Check = async ({ status, doors }) => {
  if (status !== undefined) return [];
  const needed = Object.values(doors)
    .filter(({ enabled }) => enabled)
    .map(({ address, use }) => ({ port: address.port, use, transport: 'tcp' as const }));
  return (await busyPorts(needed)).map(({ port, use, owner }) =>
    problem(
      'ports',
      `${port} (${use}) is taken by ${owner ?? 'another process'}`,
      'stop that process, or change the port in conf',
    ),
  );
};

export const checkLogs: Check = ({ instance }) => {
  const findings: Finding[] = [];
  for (const name of servicesOf(instance)) {
    const errors = lastLines(logFileOf(name), logLinesLooked).filter((line) =>
      /^\S+Z error /.test(line),
    );
    const last = errors.at(-1);
    if (last !== undefined) {
      findings.push(
        warning(
          'logs',
          `${name} logged ${errors.length} errors lately, the last: ${last.slice(0, 200)}`,
          `dkm logs ${name}`,
        ),
      );
    }
  }
  return findings;
};

export const checkOpenDoors: Check = ({ doors }) => {
  const open = Object.values(doors).filter(
    ({ enabled, address, name, guarded, udp }) =>
      enabled && isOpenToNetwork(address) && name !== 'dashboards' && (udp || !guarded),
  );
  if (open.length === 0)
    return [good('network', 'nothing is open to the network without login, token or certificate')];
  const list = open.map(({ address, use }) => `${address.port} (${use})`).join(', ');
  return [
    note(
      'network',
      `whoever reaches this machine may use, without a password: ${list}`,
      'dkmadmin secure, a firewall, or 127.0.0.1 in "listen" of the service\'s file in conf',
    ),
  ];
};

export const checkBoot: Check = ({ home }) => {
  const installed = initSystems.some((init) => bootFilesOf(init, home).length > 0);
  return installed
    ? [good('boot', 'a boot service is installed')]
    : [
        note(
          'boot',
          'nothing starts this instance when the machine boots',
          `sudo ${shellWord(`${home}/bin/dkmadmin`)} install-boot`,
        ),
      ];
};
