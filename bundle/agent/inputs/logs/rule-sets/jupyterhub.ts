// JupyterHub's own log: requests, logins, spawns, stops, errors. Lines look like
//   [I 2016-05-06 10:00:00.123 JupyterHub log:100] 200 GET /hub/home (user@ip) 12.34ms
import type { ShippedRule } from './shipped-rule.ts';

const head = '^\\[(?P<level>[DIWEC]) \\S+ \\S+ (?P<app>[\\w-]+) (?P<module>[\\w.-]+):\\d+\\] ';

export const jupyterhub: readonly ShippedRule[] = [
  { regex: head, name: 'lines.${level}' },
  {
    regex: `${head}(?P<status>\\d{3}) (?P<method>[A-Z]+) \\S+ .*?(?P<ms>[\\d.]+)ms$`,
    name: 'requests.${status}',
  },
  {
    regex: `${head}(?P<status>\\d{3}) (?P<method>[A-Z]+) \\S+ .*?(?P<ms>[\\d.]+)ms$`,
    name: 'request_time.${method}',
    type: 'timer',
    value: '${ms}',
  },
  {
    regex: `${head}(?P<status>\\d{3}) [A-Z]+ \\S+ \\((?P<user>[^@)]+)@`,
    name: 'users_active',
    type: 'set',
    value: '${user}',
  },
  { regex: `${head}User logged in: (?P<user>\\S+)`, name: 'login.success' },
  { regex: `${head}Failed login for (?P<user>\\S+)`, name: 'login.failure' },
  { regex: `${head}User logged out: (?P<user>\\S+)`, name: 'logout' },
  {
    regex: `${head}User (?P<user>\\S+) took (?P<seconds>[\\d.]+) seconds to start`,
    name: 'spawn.time',
    type: 'timer',
    value: '${seconds}',
    scale: 1000,
  },
  { regex: `${head}User (?P<user>\\S+) took [\\d.]+ seconds to start`, name: 'spawn.success' },
  {
    regex: `${head}(?:Unhandled error starting|Failed to start|Error: Failed to spawn|Timeout waiting for) `,
    name: 'spawn.failure',
  },
  {
    regex: `${head}User (?P<user>\\S+) server took (?P<seconds>[\\d.]+) seconds to stop`,
    name: 'stop.time',
    type: 'timer',
    value: '${seconds}',
    scale: 1000,
  },
  {
    regex: `${head}User (?P<user>\\S+) server stopped, with exit code: (?P<code>-?\\d+)`,
    name: 'stop.exit_code_${code}',
  },
  { regex: '^(?P<error>[A-Z]\\w*(?:Error|Exception)): ', name: 'exceptions.${error}' },
];
