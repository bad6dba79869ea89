// Takes over what an original dkumonitor, a go-carbon or a graphite-web kept: Whisper files,
// storage rules, dashboards.
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, OperatingError } from '../../bundle/core/errors.ts';
import { instancePaths } from '../../bundle/supervisor/instance.ts';
import { closeWhisper, mergeInto, openWhisper } from '../../bundle/whisper/index.ts';
import { confBase } from '../install.ts';

export interface ImportSource {
  whisper: string | undefined;
  /** storage-schemas.conf and storage-aggregation.conf, those that exist. */
  rules: string[];
  dashboards: string | undefined;
  grafanaDatabase: string | undefined;
}

export interface ImportReport {
  copied: number;
  merged: number;
  skipped: number;
  damaged: string[];
  rules: string[];
  dashboards: number;
}

const ruleFiles = ['storage-schemas.conf', 'storage-aggregation.conf'];

const firstThatExists = (paths: readonly string[]): string | undefined =>
  paths.find((path) => existsSync(path));

function holdsWhisper(directory: string): boolean {
  return readdirSync(directory, { recursive: true }).some((name) => String(name).endsWith('.wsp'));
}

/** What `directory` holds, by the layouts of the three originals. */
export function findImportSource(directory: string, rulesDirectory?: string): ImportSource {
  const whisper = firstThatExists(
    ['storage/whisper', 'whisper', 'data'].map((path) => join(directory, path)),
  );
  const conf =
    rulesDirectory === undefined
      ? ['conf', '.', 'etc'].map((path) => join(directory, path))
      : [rulesDirectory];
  return {
    whisper: whisper ?? (holdsWhisper(directory) ? directory : undefined),
    rules: ruleFiles.flatMap((name) => firstThatExists(conf.map((path) => join(path, name))) ?? []),
    dashboards: firstThatExists([join(directory, 'dashboards')]),
    grafanaDatabase: firstThatExists(
      ['storage/grafana.db', 'grafana.db', 'data/grafana.db'].map((path) => join(directory, path)),
    ),
  };
}

function mergeFile(from: string, to: string): void {
  const source = openWhisper(from, { readOnly: true });
  try {
    const target = openWhisper(to, { readOnly: false });
    try {
      const now = Math.floor(Date.now() / 1000);
      mergeInto(target, source, 0, now, now);
    } finally {
      closeWhisper(target);
    }
  } finally {
    closeWhisper(source);
  }
}

function importWhisper(from: string, to: string, merge: boolean, report: ImportReport): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.wsp')) continue;
    const source = join(entry.parentPath, entry.name);
    const target = join(to, source.slice(from.length));
    try {
      closeWhisper(openWhisper(source, { readOnly: true }));
      if (!existsSync(target)) {
        mkdirSync(dirname(target), { recursive: true });
        copyFileSync(source, `${target}.import`, constants.COPYFILE_FICLONE);
        renameSync(`${target}.import`, target);
        report.copied += 1;
      } else if (merge) {
        mergeFile(source, target);
        report.merged += 1;
      } else report.skipped += 1;
    } catch (error) {
      rmSync(`${target}.import`, { force: true });
      report.damaged.push(`${source}: ${messageOf(error)}`);
    }
  }
}

// Rules that were never edited here give way; edited ones stay, the others lie beside them.
function importRules(files: readonly string[], home: string, report: ImportReport): void {
  for (const file of files) {
    const path = `${instancePaths.conf}/${basename(file)}`;
    const present = join(home, path);
    const base = join(home, confBase, path);
    const untouched =
      !existsSync(present) ||
      (existsSync(base) && readFileSync(present, 'utf8') === readFileSync(base, 'utf8'));
    const target = untouched ? present : `${present}.imported`;
    copyFileSync(file, target);
    report.rules.push(target.slice(home.length + 1));
  }
}

function placeDashboard(home: string, name: string, content: string, report: ImportReport): void {
  const safe = name.replace(/[^A-Za-z0-9_.-]/g, '-');
  const target = join(
    home,
    instancePaths.dashboards,
    safe.endsWith('.json') ? safe : `${safe}.json`,
  );
  if (existsSync(target)) return;
  writeFileSync(target, content);
  report.dashboards += 1;
}

function importGrafanaDatabase(path: string, home: string, report: ImportReport): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database.prepare('SELECT slug, data FROM dashboard').all();
    for (const { slug, data } of rows) {
      const content =
        data instanceof Uint8Array ? Buffer.from(data).toString('utf8') : String(data);
      const model = JSON.parse(content) as { panels?: unknown; rows?: unknown };
      // A folder is a row of the same table without panels.
      if (model.panels === undefined && model.rows === undefined) continue;
      placeDashboard(home, String(slug), content, report);
    }
  } catch (error) {
    report.damaged.push(`${path}: ${messageOf(error)}`);
  } finally {
    database.close();
  }
}

/** Copies into the instance; a series that is there already is left alone unless `merge`. */
export function importInto(home: string, source: ImportSource, merge: boolean): ImportReport {
  const { whisper, rules, dashboards, grafanaDatabase } = source;
  const report: ImportReport = {
    copied: 0,
    merged: 0,
    skipped: 0,
    damaged: [],
    rules: [],
    dashboards: 0,
  };
  if (
    whisper === undefined &&
    rules.length === 0 &&
    dashboards === undefined &&
    grafanaDatabase === undefined
  ) {
    throw new OperatingError(
      'nothing-to-import',
      'no Whisper files, storage rules or dashboards were found there',
    );
  }
  if (whisper !== undefined) importWhisper(whisper, join(home, 'storage/whisper'), merge, report);
  importRules(rules, home, report);
  mkdirSync(join(home, instancePaths.dashboards), { recursive: true });
  for (const name of dashboards === undefined ? [] : readdirSync(dashboards)) {
    if (name.endsWith('.json') && dashboards !== undefined) {
      placeDashboard(home, name, readFileSync(join(dashboards, name), 'utf8'), report);
    }
  }
  if (grafanaDatabase !== undefined) importGrafanaDatabase(grafanaDatabase, home, report);
  // The index is made again from the files at the next start.
  rmSync(join(home, 'storage/metric-index'), { recursive: true, force: true });
  return report;
}
