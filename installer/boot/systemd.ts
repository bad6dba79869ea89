// systemd: a unit that is told when the services answer, and is allowed little else than its
// directory. MemoryDenyWriteExecute= is left out because the runtime compiles code.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type BootFile, type BootPlan, type InitSystem, markOf } from './boot-plan.ts';

// In quotes, for settings that are split into words.
const word = (path: string): string =>
  `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
// The whole rest of the line, no quotes.
const line = (path: string): string => path.replaceAll('%', '%%');
const bindWord = (path: string): string => word(path.replaceAll(':', '\\:'));

const underHome = (path: string): boolean => /^\/(home|root|run\/user)\//.test(path);

const underTmp = (path: string): boolean => /^\/(var\/)?tmp\//.test(path);

// What an agent shall see must not be hidden from it: mounts, processes, temporary files.
function viewOfSystem({ home, runsAgent }: BootPlan): string[] {
  if (runsAgent) return ['ProtectHome=read-only'];
  const hidden = underHome(home)
    ? ['ProtectHome=tmpfs', `BindPaths=${bindWord(home)}`]
    : ['ProtectHome=yes'];
  const own = underTmp(home) ? [] : ['PrivateTmp=yes'];
  return [...hidden, ...own, 'ProtectProc=invisible'];
}

function unit(plan: BootPlan, settings: { user: boolean }): string {
  const { home, user, canNotify } = plan;
  const service = [
    canNotify ? 'Type=notify' : 'Type=simple',
    ...(canNotify ? ['NotifyAccess=all', 'WatchdogSec=60'] : []),
    ...(settings.user ? [] : [`User=${user}`]),
    `WorkingDirectory=${line(home)}`,
    // Relative to the working directory: systemd takes no quotes in the path of a program.
    'ExecStart=/bin/sh -c "exec bin/dkm supervise"',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'TimeoutStartSec=600',
    'TimeoutStopSec=180',
    'KillMode=mixed',
    'Restart=on-failure',
    'RestartSec=1',
    'OOMPolicy=continue',
    'LimitNOFILE=262144',
    'TasksMax=512',
    'UMask=0027',
    'NoNewPrivileges=yes',
  ];
  const hardening = [
    'ProtectSystem=strict',
    `ReadWritePaths=${word(home)}`,
    ...viewOfSystem(plan),
    'PrivateDevices=yes',
    'DevicePolicy=closed',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallErrorNumber=EPERM',
  ];
  return `# ${markOf(home)}
# Made by dkmadmin install-boot, which overwrites it; your changes belong into a drop-in
# (systemctl edit ${plan.service}).
[Unit]
Description=dkumonitor (${plan.service})
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
${[...service, ...(settings.user ? [] : hardening)].join('\n')}

[Install]
WantedBy=${settings.user ? 'default.target' : 'multi-user.target'}
`;
}

const directory = '/etc/systemd/system';

export const systemd: InitSystem = {
  name: 'systemd',
  pathOf: (service) => `${directory}/${service}.service`,
  render: (plan): BootFile => ({
    path: systemd.pathOf(plan.service),
    content: unit(plan, { user: false }),
    mode: 0o644,
  }),
  enable: (service) => [
    { program: 'systemctl', words: ['daemon-reload'] },
    { program: 'systemctl', words: ['enable', `${service}.service`] },
  ],
  disable: (service) => [
    { program: 'systemctl', words: ['disable', '--now', `${service}.service`], optional: true },
  ],
  forget: () => [{ program: 'systemctl', words: ['daemon-reload'] }],
  imageLinks: (service) => ({
    [`${directory}/multi-user.target.wants/${service}.service`]: systemd.pathOf(service),
  }),
  isEnabled: (service) => ({ program: 'systemctl', words: ['is-enabled', `${service}.service`] }),
  isActive: (service) => ({ program: 'systemctl', words: ['is-active', `${service}.service`] }),
  startHint: (service) => `start it now: systemctl start ${service}`,
};

// An account without an entry in the user database has none.
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}

/** The same for a user without root; it starts with the user's first login unless lingering is on. */
export const systemdUser: InitSystem = {
  name: 'systemd-user',
  pathOf: (service) => join(homeOfUser(), '.config/systemd/user', `${service}.service`),
  render: (plan): BootFile => ({
    path: systemdUser.pathOf(plan.service),
    content: unit(plan, { user: true }),
    mode: 0o644,
  }),
  enable: (service) => [
    { program: 'systemctl', words: ['--user', 'daemon-reload'] },
    { program: 'systemctl', words: ['--user', 'enable', `${service}.service`] },
  ],
  disable: (service) => [
    {
      program: 'systemctl',
      words: ['--user', 'disable', '--now', `${service}.service`],
      optional: true,
    },
  ],
  forget: () => [{ program: 'systemctl', words: ['--user', 'daemon-reload'] }],
  imageLinks: () => ({}),
  isEnabled: (service) => ({
    program: 'systemctl',
    words: ['--user', 'is-enabled', `${service}.service`],
  }),
  isActive: (service) => ({
    program: 'systemctl',
    words: ['--user', 'is-active', `${service}.service`],
  }),
  startHint: (service) =>
    `start it now: systemctl --user start ${service}; to start at boot without a login: loginctl enable-linger`,
};
