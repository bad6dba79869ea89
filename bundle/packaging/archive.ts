// A reproducible .tar.gz: sorted entries, one fixed time, no owner, modes reduced to 0644 and 0755.
// The same kit always gives the same bytes.
import { createHash } from 'node:crypto';
import { chmod, lstat, readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { create } from 'tar';

const fixedTime = new Date('2020-01-01T00:00:00Z');
const gzipLevel = 6; // 9 takes three times as long for half a percent

export interface KitFile {
  /** Path inside the kit. */
  path: string;
  bytes: number;
}

/** All files of the kit, sorted by path. */
export async function listKit(kit: string): Promise<KitFile[]> {
  const entries = await readdir(kit, { recursive: true, withFileTypes: true });
  const files: KitFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    files.push({ path: relative(kit, path), bytes: (await lstat(path)).size });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function normaliseModes(kit: string): Promise<void> {
  await chmod(kit, 0o755);
  for (const entry of await readdir(kit, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const { mode } = await lstat(path);
    await chmod(path, entry.isDirectory() || (mode & 0o111) !== 0 ? 0o755 : 0o644);
  }
}

/** Writes `archive` with the kit's directory as its only top folder; returns size and sha256. */
export async function archiveKit(
  kit: string,
  archive: string,
): Promise<{ bytes: number; sha256: string }> {
  await normaliseModes(kit);
  const top = basename(kit);
  const files = (await listKit(kit)).map(({ path }) => `${top}/${path}`);
  const beside = `${archive}.tmp`;
  await create(
    {
      file: beside,
      cwd: dirname(kit),
      gzip: { level: gzipLevel },
      portable: true,
      mtime: fixedTime,
      noDirRecurse: true,
    },
    files,
  );
  await rename(beside, archive);
  const content = await readFile(archive);
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
