// Opens a kit given as a tarball. The one file of the installer that knows tar.
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { extract } from 'tar';
import { exitCodes, messageOf, OperatingError } from '../bundle/core/errors.ts';
import { checkKit } from './kit-copy.ts';

/** The kit in `source`, a directory or a tarball, which is unpacked into `workspace`. */
export async function openKit(source: string, workspace: string): Promise<string> {
  const path = resolve(source);
  if (!existsSync(path)) {
    throw new OperatingError('no-kit', `there is no ${path}`, { exitCode: exitCodes.usage });
  }
  if (statSync(path).isDirectory()) {
    checkKit(path);
    return path;
  }
  mkdirSync(workspace, { recursive: true });
  try {
    await extract({ file: path, cwd: workspace, preserveOwner: false, strict: true });
  } catch (error) {
    throw new OperatingError('bad-tarball', `cannot unpack ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const [top, ...others] = readdirSync(workspace);
  if (top === undefined || others.length > 0) {
    throw new OperatingError('bad-tarball', `${path} is not a tarball of dkumonitor`);
  }
  const root = join(workspace, top);
  checkKit(root);
  return root;
}
