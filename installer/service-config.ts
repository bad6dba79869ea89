// Asks a service of the instance's own kit about its configuration.
import { join } from 'node:path';
import { OperatingError } from '../bundle/core/errors.ts';
import { entryFile, nodeBinary } from '../bundle/supervisor/kit.ts';
import { runCommand } from './system-command.ts';

const askMs = 30_000;

const ask = (home: string, service: string, question: string) =>
  runCommand(
    nodeBinary(),
    ['--disable-warning=ExperimentalWarning', entryFile(service), question],
    {
      cwd: home,
      timeoutMs: askMs,
    },
  );

/** What the service finds wrong in its file, or undefined. */
export async function checkServiceConfig(
  home: string,
  service: string,
): Promise<string | undefined> {
  const { code, output } = await ask(home, service, '--check-config');
  return code === 0
    ? undefined
    : output.trim() || `${join('conf', `${service}.yml`)} cannot be checked`;
}

/** The whole configuration of a service, its defaults filled in, as YAML. */
export async function effectiveConfig(home: string, service: string): Promise<string> {
  const { code, output } = await ask(home, service, '--print-config');
  if (code === 0) return output;
  throw new OperatingError('bad-config', output.trim());
}
