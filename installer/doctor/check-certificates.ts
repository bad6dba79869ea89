// How long the certificates of a secure instance are good.
import { certificateStatuses, endsSoon, hasAuthority } from '../secure/identities.ts';
import { secretPaths } from '../secure/secret-files.ts';
import { type Check, good, problem, warning } from './finding.ts';

function fixFor(home: string, path: string): string {
  if (!hasAuthority(home)) return 'dkmadmin agent-token on the server, dkmadmin join here';
  return path === secretPaths.server
    ? 'dkmadmin certificate renew'
    : 'move conf/secrets/tls away, dkmadmin secure, and let every agent join again';
}

export const checkCertificates: Check = ({ home }) => {
  const now = Date.now();
  return certificateStatuses(home).map((status) => {
    const { path, validUntilMs } = status;
    const until = new Date(validUntilMs).toISOString().slice(0, 10);
    const fix = fixFor(home, path);
    if (validUntilMs <= now) return problem('certificates', `${path} ended ${until}`, fix);
    return endsSoon(status, now)
      ? warning('certificates', `${path} ends ${until}`, fix)
      : good('certificates', `${path} is good until ${until}`);
  });
};
