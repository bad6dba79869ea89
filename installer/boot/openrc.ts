// OpenRC: a service kept by its own small supervisor, run as the owner.
import { shellWord } from '../shell-word.ts';
import { type BootPlan, type InitSystem, markOf } from './boot-plan.ts';

function script({ service, home, user }: BootPlan): string {
  return `#!/sbin/openrc-run
# ${markOf(home)}
# Made by dkmadmin install-boot, which overwrites it.

name=${shellWord(service)}
description="dkumonitor, monitoring of hosts and applications"
home=${shellWord(home)}
supervisor="supervise-daemon"
command="$home/bin/dkm"
command_args="supervise"
command_user=${shellWord(user)}
directory="$home"
output_log="$home/run/supervisor-out.log"
error_log="$home/run/supervisor-out.log"
respawn_delay=5
respawn_max=0
retry="TERM/180/KILL/5"
umask=027
extra_started_commands="reload"

depend() {
  need localmount
  use net dns logger
  after firewall ntp-client
}

reload() {
  supervise-daemon "$RC_SVCNAME" --signal HUP
}
`;
}

export const openrc: InitSystem = {
  name: 'openrc',
  pathOf: (service) => `/etc/init.d/${service}`,
  render: (plan) => ({ path: openrc.pathOf(plan.service), content: script(plan), mode: 0o755 }),
  enable: (service) => [{ program: 'rc-update', words: ['add', service, 'default'] }],
  disable: (service) => [
    { program: 'rc-service', words: [service, 'stop'], optional: true },
    { program: 'rc-update', words: ['del', service, 'default'], optional: true },
  ],
  forget: () => [],
  imageLinks: (service) => ({ [`/etc/runlevels/default/${service}`]: `/etc/init.d/${service}` }),
  isEnabled: (service) => ({
    program: 'sh',
    words: ['-c', 'test -e /etc/runlevels/default/"$0" && echo enabled', service],
  }),
  isActive: (service) => ({ program: 'rc-service', words: [service, 'status'] }),
  startHint: (service) => `start it now: rc-service ${service} start`,
};
