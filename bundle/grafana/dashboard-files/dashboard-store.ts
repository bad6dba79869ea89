// Dashboards as files: one Grafana JSON document each, in a directory the user may edit, keep in
// git and provision a real Grafana from. The directory is read again when it changes.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { messageOf } from '../../core/errors.ts';
import { HttpError } from '../../core/http.ts';
import type { Logger } from '../../core/log.ts';
import { checkDashboard, type Dashboard, isUid, slugOf } from './check-dashboard.ts';

export interface StoredDashboard {
  dashboard: Dashboard;
  file: string;
}

export interface DashboardStore {
  /** All dashboards, by title. */
  list(): Promise<StoredDashboard[]>;
  /** The dashboard with `uid`; throws a 404 when there is none. */
  get(uid: string): Promise<StoredDashboard>;
  /**
   * Writes a dashboard and returns it with its new version. Without `overwrite` a 412 is thrown
   * when the stored one is newer, or when the uid is taken by a document that has no version.
   */
  save(value: unknown, overwrite: boolean): Promise<StoredDashboard>;
  remove(uid: string): Promise<void>;
}

const dashboardsMax = 2000;
const fileBytesMax = 5_000_000;

interface CachedFile {
  stamp: string;
  dashboard: Dashboard | undefined;
}

/** Files without a uid get a stable one, made from their name. */
const uidOfFile = (file: string): string =>
  `file-${createHash('sha256').update(file).digest('hex').slice(0, 12)}`;

export function openDashboardStore(directory: string, log: Logger): DashboardStore {
  mkdirSync(directory, { recursive: true });
  const cache = new Map<string, CachedFile>();
  let saving: Promise<unknown> = Promise.resolve();

  async function read(file: string): Promise<Dashboard | undefined> {
    const path = join(directory, file);
    const { mtimeMs, size, ino } = await stat(path);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const cached = cache.get(file);
    if (cached?.stamp === stamp) return cached.dashboard;
    let dashboard: Dashboard | undefined;
    try {
      if (size > fileBytesMax) throw new Error(`larger than ${fileBytesMax} bytes`);
      const checked = checkDashboard(JSON.parse(await readFile(path, 'utf8')));
      dashboard = { ...checked, uid: isUid(checked.uid) ? checked.uid : uidOfFile(file) };
    } catch (error) {
      log.warn(`dashboard file ignored: ${messageOf(error)}`, { file: path });
    }
    cache.set(file, { stamp, dashboard });
    return dashboard;
  }

  async function list(): Promise<StoredDashboard[]> {
    const names = (await readdir(directory))
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
      .slice(0, dashboardsMax);
    for (const file of cache.keys()) if (!names.includes(file)) cache.delete(file);
    const found = new Map<string, StoredDashboard>();
    for (const file of names) {
      // A file may vanish between the listing and here.
      const dashboard = await read(file).catch(() => undefined);
      if (dashboard !== undefined && !found.has(dashboard.uid))
        found.set(dashboard.uid, { dashboard, file });
    }
    return [...found.values()].sort((a, b) => a.dashboard.title.localeCompare(b.dashboard.title));
  }

  const find = async (uid: string): Promise<StoredDashboard | undefined> =>
    (await list()).find(({ dashboard }) => dashboard.uid === uid);

  async function freeFile(title: string): Promise<string> {
    const taken = new Set(await readdir(directory));
    const slug = slugOf(title);
    for (let n = 1; ; n++) {
      const file = n === 1 ? `${slug}.json` : `${slug}-${n}.json`;
      if (!taken.has(file)) return file;
    }
  }

  async function write(value: unknown, overwrite: boolean): Promise<StoredDashboard> {
    const checked = checkDashboard(value);
    const uid = isUid(checked.uid)
      ? checked.uid
      : createHash('sha256').update(`${checked.title} ${Date.now()}`).digest('hex').slice(0, 12);
    const present = await find(uid);
    if (present !== undefined && !overwrite && present.dashboard.version !== checked.version)
      throw new HttpError(412, 'the dashboard was changed by somebody else in the meantime');
    const version = (present?.dashboard.version ?? 0) + 1;
    // `id` belongs to one Grafana database; in a file it must be null.
    const dashboard: Dashboard = { ...checked, id: null, uid, version };
    const file = present?.file ?? (await freeFile(dashboard.title));
    await writeFileAtomic(join(directory, file), `${JSON.stringify(dashboard, null, 2)}\n`);
    cache.delete(file);
    return { dashboard, file };
  }

  return {
    list,
    async get(uid) {
      const stored = await find(uid);
      if (stored === undefined) throw new HttpError(404, 'there is no such dashboard');
      return stored;
    },
    save(value, overwrite) {
      // One after the other: the check for a newer version and the write belong together.
      const result = saving.then(() => write(value, overwrite));
      saving = result.catch(() => undefined);
      return result;
    },
    async remove(uid) {
      const stored = await find(uid);
      if (stored === undefined) throw new HttpError(404, 'there is no such dashboard');
      await rm(join(directory, stored.file), { force: true });
      cache.delete(stored.file);
    },
  };
}
