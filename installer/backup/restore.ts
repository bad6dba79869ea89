// Makes an instance from a backup, in another directory and on other ports if wanted.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatingError } from '../../bundle/core/errors.ts';
import { type Instance, instancePaths } from '../../bundle/supervisor/instance.ts';
import { confBase, install } from '../install.ts';
import { templateContext } from '../install-plan.ts';
import { renderTemplates } from '../render-templates.ts';
import { hasAuthority } from '../secure/identities.ts';
import { secureText } from '../secure/secure-config.ts';
import { mergeThreeWay } from '../three-way-merge.ts';
import { type BackupFile, type BackupManifest, readManifest, verifyFiles } from './manifest.ts';

export interface RestoreOptions {
  backup: string;
  home: string;
  basePort: number | undefined;
  allowRoot: boolean;
  kit: string;
  verify: boolean;
  say(line: string): void;
  warn(line: string): void;
}

const confPrefix = `${instancePaths.conf}/`;
const generated = new Set<string>([instancePaths.instance]);

/** Throws when a file of the backup is missing or damaged. */
export async function verifyBackup(backup: string): Promise<BackupManifest> {
  const manifest = readManifest(backup);
  const wrong = await verifyFiles(backup, manifest.files);
  if (wrong.length === 0) return manifest;
  throw new OperatingError(
    'damaged-backup',
    `${wrong.length} files of ${backup} are missing or damaged: ${wrong.slice(0, 5).join(', ')}`,
  );
}

// The instance as it was, but for what is different here.
function adapted(manifest: BackupManifest, options: RestoreOptions): Instance {
  const before = manifest.instance;
  const basePort = options.basePort ?? before.basePort;
  const own = before.carbonServer.basePort === before.basePort;
  return {
    ...before,
    basePort,
    carbonServer: own ? { ...before.carbonServer, basePort } : before.carbonServer,
    allowRoot: options.allowRoot,
  };
}

// Ports and addresses are written in files the user may have edited: what the templates say
// differently now is merged into them.
function movedConf(manifest: BackupManifest, options: RestoreOptions): Map<string, string> {
  const { backup, kit } = options;
  const templates = join(kit, 'templates');
  const isSecure = hasAuthority(backup);
  const render = (instance: Instance): Map<string, string> =>
    new Map(
      renderTemplates(templates, templateContext(instance)).map(({ path, content }) => [
        path,
        isSecure ? secureText(instance, path, content) : content,
      ]),
    );
  const then = render(manifest.instance);
  const now = render(adapted(manifest, options));
  const moved = new Map<string, string>();
  for (const { path } of manifest.files) {
    const [base, fresh] = [then.get(path), now.get(path)];
    if (!path.startsWith(confPrefix) || base === undefined || fresh === undefined) continue;
    const { text, conflicts } = mergeThreeWay(
      base,
      readFileSync(join(backup, path), 'utf8'),
      fresh,
    );
    if (conflicts === 0) moved.set(path, text);
    else
      options.warn(`${path} was edited where it must change: look through its ports and addresses`);
  }
  return moved;
}

function placeFile(backup: string, home: string, file: BackupFile): void {
  const target = join(home, file.path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(backup, file.path), target);
  chmodSync(target, file.mode);
  utimesSync(target, new Date(), new Date(file.modifiedAtMs));
}

/** Installs the program anew and puts the files of the backup into the instance. */
export async function restoreInstance(options: RestoreOptions): Promise<void> {
  const { backup, home, kit, verify, say, warn } = options;
  const manifest = verify ? await verifyBackup(backup) : readManifest(backup);
  const instance = adapted(manifest, options);
  const surroundings = { kit, dryRun: false, say: () => {}, warn };
  await install(
    {
      directory: home,
      instance,
      adminPasswordFile: undefined,
      secureHosts: undefined,
      join: undefined,
      warnings: [],
    },
    surroundings,
  );
  const moved = movedConf(manifest, options);
  for (const file of manifest.files) {
    if (!generated.has(file.path)) placeFile(backup, home, file);
  }
  for (const [path, text] of moved) writeFileSync(join(home, path), text);
  if (verify) {
    const unchanged = manifest.files.filter(({ path }) => !generated.has(path) && !moved.has(path));
    const wrong = await verifyFiles(home, unchanged);
    if (wrong.length > 0) {
      throw new OperatingError(
        'damaged-restore',
        `${wrong.length} files differ from the backup: ${wrong.slice(0, 5).join(', ')}`,
      );
    }
    say(`verified ${unchanged.length} files`);
  }
  if (!existsSync(join(home, confBase))) warn('the base of later configuration merges is missing');
  say(
    `${home}: restored from the backup of ${manifest.takenAt} (version ${manifest.version}), base port ${instance.basePort}`,
  );
}
