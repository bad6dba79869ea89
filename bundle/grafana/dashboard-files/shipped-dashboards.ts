// Brings the dashboards of the kit into the user's directory: new ones are added, those the user
// never touched follow the kit, edited and deleted ones stay as the user left them.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomicSync } from '../../core/atomic-file.ts';
import { codeOf } from '../../core/errors.ts';

export interface ShippedDashboardsOptions {
  shippedDirectory: string;
  dashboardsDirectory: string;
  /** Remembers which content was installed under which name. */
  ledgerFile: string;
}

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Returns the names of the files it wrote. */
export function installShippedDashboards(options: ShippedDashboardsOptions): string[] {
  const { shippedDirectory, dashboardsDirectory, ledgerFile } = options;
  const ledger = JSON.parse(readIfThere(ledgerFile)?.toString('utf8') ?? '{}') as Record<
    string,
    string
  >;
  mkdirSync(dashboardsDirectory, { recursive: true });
  const written: string[] = [];
  let ledgerChanged = false;
  for (const name of namesIn(shippedDirectory).sort()) {
    const shipped = readFileSync(join(shippedDirectory, name));
    const shippedHash = hashOf(shipped);
    const installedHash = ledger[name];
    const present = readIfThere(join(dashboardsDirectory, name));
    const isNew = installedHash === undefined && present === undefined;
    const isUntouched = present !== undefined && hashOf(present) === installedHash;
    if (isNew || (isUntouched && installedHash !== shippedHash)) {
      writeFileAtomicSync(join(dashboardsDirectory, name), shipped);
      written.push(name);
    }
    const isOurs =
      isNew || isUntouched || (present !== undefined && hashOf(present) === shippedHash);
    if (isOurs && installedHash !== shippedHash) {
      ledger[name] = shippedHash;
      ledgerChanged = true;
    }
  }
  if (ledgerChanged) {
    mkdirSync(dirname(ledgerFile), { recursive: true });
    writeFileAtomicSync(ledgerFile, `${JSON.stringify(ledger, null, 2)}\n`);
  }
  return written;
}
