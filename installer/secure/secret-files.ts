// Where the secrets of an instance are, and the one way they are written: readable by their owner only.
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';

/** Relative to the instance directory. */
export const secretPaths = {
  authority: 'conf/secrets/tls/ca.pem',
  authorityKey: 'conf/secrets/tls/ca-key.pem',
  server: 'conf/secrets/tls/server.pem',
  serverKey: 'conf/secrets/tls/server-key.pem',
  /** What this host sends points with. */
  agent: 'conf/secrets/tls/agent.pem',
  agentKey: 'conf/secrets/tls/agent-key.pem',
  /** Certificates of agents that are good no longer. */
  revoked: 'conf/secrets/tls/revoked.pem',
  agents: 'conf/secrets/agents.json',
  /** On a frontend: the authority of the server it reads from. */
  carbonapiAuthority: 'conf/secrets/tls/carbonapi-ca.pem',
  tokens: 'conf/secrets/tokens.json',
  /** What the dashboards, and dkmadmin, read the Graphite API with. */
  dashboardsToken: 'conf/secrets/dashboards-token',
} as const;

/** Replaces a secret file; its directory is closed to others, too. */
export function writeSecret(home: string, path: string, content: string): void {
  const file = join(home, path);
  for (let directory = dirname(path); directory !== 'conf'; directory = dirname(directory)) {
    mkdirSync(join(home, directory), { recursive: true, mode: 0o700 });
    chmodSync(join(home, directory), 0o700);
  }
  writeFileAtomicSync(file, content, 0o600);
}
