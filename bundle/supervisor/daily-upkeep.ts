// What an instance needs once a day: dkmadmin looks whether its certificate is to be renewed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Logger } from '../core/log.ts';
import { scrubEnvironment } from './environment.ts';
import { entryFile, fromHome, nodeBinary } from './kit.ts';

const dayMs = 86_400_000;
/** Exists where there is something to renew and an authority to sign it with. */
const authorityKey = 'conf/secrets/tls/ca-key.pem';
const outputBytesMax = 65_536;
const runMsMax = 60_000;

function renewCertificate(home: string, allowRoot: boolean, log: Logger): void {
  if (!existsSync(authorityKey)) return;
  const words = [
    '--disable-warning=ExperimentalWarning',
    fromHome(home, entryFile('dkmadmin')),
    ...(allowRoot ? ['--allow-root'] : []),
    'certificate',
    'renew',
    '--if-needed',
  ];
  const options = {
    timeout: runMsMax,
    maxBuffer: outputBytesMax,
    env: { ...scrubEnvironment(process.env), DKUMONITOR_HOME: home },
  };
  execFile(fromHome(home, nodeBinary()), words, options, (error, stdout, stderr) => {
    if (error !== null) log.warn(`the certificate cannot be renewed: ${stderr.trim()}`);
    else if (stdout !== '') log.info(stdout.trim());
  });
}

/** Looks now and every day; the working directory is the instance directory. */
export function startDailyUpkeep(home: string, allowRoot: boolean, log: Logger): void {
  const look = (): void => renewCertificate(home, allowRoot, log);
  look();
  setInterval(look, dayMs).unref();
}
