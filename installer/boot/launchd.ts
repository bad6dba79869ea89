// launchd (macOS): a daemon that is started at boot and again when it fails.
import { join } from 'node:path';
import { type BootPlan, type InitSystem, markOf } from './boot-plan.ts';

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const labelOf = (service: string): string => `org.dkumonitor.${service}`;

function plist({ service, home, user }: BootPlan): string {
  const text = (value: string): string => `<string>${escapeXml(value)}</string>`;
  const output = text(join(home, 'run/supervisor-out.log'));
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${escapeXml(markOf(home)).replaceAll('--', '- -')} -->
<plist version="1.0">
<dict>
  <key>Label</key>${text(labelOf(service))}
  <key>ProgramArguments</key>
  <array>${text(join(home, 'bin/dkm'))}${text('supervise')}</array>
  <key>UserName</key>${text(user)}
  <key>WorkingDirectory</key>${text(home)}
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>10</integer>
  <key>ExitTimeOut</key><integer>180</integer>
  <key>StandardOutPath</key>${output}
  <key>StandardErrorPath</key>${output}
</dict>
</plist>
`;
}

export const launchd: InitSystem = {
  name: 'launchd',
  pathOf: (service) => `/Library/LaunchDaemons/${labelOf(service)}.plist`,
  render: (plan) => ({ path: launchd.pathOf(plan.service), content: plist(plan), mode: 0o644 }),
  enable: (service) => [
    { program: 'launchctl', words: ['bootstrap', 'system', launchd.pathOf(service)] },
  ],
  disable: (service) => [
    { program: 'launchctl', words: ['bootout', `system/${labelOf(service)}`], optional: true },
  ],
  forget: () => [],
  imageLinks: () => ({}),
  isEnabled: (service) => ({
    program: 'launchctl',
    words: ['print', `system/${labelOf(service)}`],
  }),
  isActive: (service) => ({ program: 'launchctl', words: ['print', `system/${labelOf(service)}`] }),
  startHint: (service) =>
    `it is running now; launchctl kickstart -k system/${labelOf(service)} restarts it`,
};
