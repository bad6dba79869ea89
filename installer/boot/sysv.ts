// System V init: a script with an LSB header. Root only changes to the owner; nothing that the
// owner can edit runs as root.

import { existsSync } from 'node:fs';
import { shellWord } from '../shell-word.ts';
import { type BootCommand, type BootPlan, type InitSystem, markOf } from './boot-plan.ts';

function script({ service, home, user }: BootPlan): string {
  return `#!/bin/sh
# ${markOf(home)}
# Made by dkmadmin install-boot, which overwrites it.
# chkconfig: 2345 95 05
# description: dkumonitor, monitoring of hosts and applications
### BEGIN INIT INFO
# Provides:          ${service}
# Required-Start:    $local_fs $remote_fs $network
# Required-Stop:     $local_fs $remote_fs $network
# Should-Start:      $time $named
# Should-Stop:       $time $named
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: dkumonitor
# Description:       Starts the services of a dkumonitor instance as its owner.
### END INIT INFO

home=${shellWord(home)}
owner=${shellWord(user)}

dkm() {
  cd / || exit 1
  if [ "$owner" = root ]; then
    "$home/bin/dkm" "$@"
  elif command -v runuser >/dev/null 2>&1; then
    runuser -u "$owner" -- "$home/bin/dkm" "$@"
  else
    su -s /bin/sh "$owner" -c 'exec "$0" "$@"' "$home/bin/dkm" "$@"
  fi
}

[ -x "$home/bin/dkm" ] || exit 5

case "\${1-}" in
  start | stop | restart | status) dkm "$1" ;;
  reload) dkm reload ;;
  force-reload) dkm restart ;;
  try-restart | condrestart) if dkm status >/dev/null; then dkm restart; fi ;;
  *)
    echo "Usage: $0 {start|stop|restart|try-restart|reload|force-reload|status}" >&2
    exit 2
    ;;
esac
`;
}

const startLevels = [2, 3, 4, 5];
const stopLevels = [0, 1, 6];

// Which tool registers init scripts here.
function registrar(): 'update-rc.d' | 'chkconfig' | undefined {
  const has = (name: string): boolean =>
    ['/usr/sbin', '/sbin', '/usr/bin', '/bin'].some((directory) =>
      existsSync(`${directory}/${name}`),
    );
  if (has('update-rc.d')) return 'update-rc.d';
  return has('chkconfig') ? 'chkconfig' : undefined;
}

export const sysv: InitSystem = {
  name: 'sysv',
  pathOf: (service) => `/etc/init.d/${service}`,
  render: (plan) => ({ path: sysv.pathOf(plan.service), content: script(plan), mode: 0o755 }),
  enable: (service): BootCommand[] =>
    registrar() === 'chkconfig'
      ? [{ program: 'chkconfig', words: ['--add', service] }]
      : [{ program: 'update-rc.d', words: [service, 'defaults'] }],
  disable: (service) => [
    { program: sysv.pathOf(service), words: ['stop'], optional: true },
    ...(registrar() === 'chkconfig'
      ? [{ program: 'chkconfig', words: ['--del', service], optional: true }]
      : []),
  ],
  forget: (service) =>
    registrar() === 'update-rc.d' ? [{ program: 'update-rc.d', words: [service, 'remove'] }] : [],
  imageLinks: (service) =>
    Object.fromEntries([
      ...startLevels.map((level) => [`/etc/rc${level}.d/S95${service}`, `../init.d/${service}`]),
      ...stopLevels.map((level) => [`/etc/rc${level}.d/K05${service}`, `../init.d/${service}`]),
    ]),
  isEnabled: (service) => ({
    program: 'sh',
    words: ['-c', 'ls /etc/rc[2-5].d/S[0-9][0-9]"$0" >/dev/null 2>&1 && echo enabled', service],
  }),
  isActive: (service) => ({ program: sysv.pathOf(service), words: ['status'] }),
  startHint: (service) => `start it now: service ${service} start`,
};
