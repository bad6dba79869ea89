// dkmadmin plan: what a number of series costs on this machine, before they are sent.
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadRules } from '../../bundle/carbon/rules/index.ts';
import { storeFiles } from '../../bundle/carbon/rules/store-files.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { instancePaths } from '../../bundle/supervisor/instance.ts';
import { formatBytes } from '../../bundle/supervisor/status-table.ts';
import {
  type ArchiveSpec,
  fileBytes,
  formatRetentions,
  parseRetentions,
} from '../../bundle/whisper/index.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import type { AddCommand, AdminContext } from './command.ts';

interface PlanOptions {
  series: string;
  interval: string;
  metric: string;
  retentions?: string;
  probe: boolean;
  json?: boolean;
}

export interface Plan {
  series: number;
  retentions: string;
  bytesPerFile: number;
  /** What the file system gives out for them, in whole blocks. */
  diskBytes: number;
  inodes: number;
  memoryBytes: number;
  pointsPerSecond: number;
  fileUpdatesPerSecond: number;
}

const pointBytes = 16;
const indexBytesPerSeries = 100;
const cacheSecondsHeld = 60;
const probeFileBytes = 64 * 1024 * 1024;
const probeMs = 1500;
const probeBatch = 256;

const positive = (option: string, text: string): number => {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new OperatingError('usage', `${option} takes a number above 0, not "${text}"`, {
    exitCode: exitCodes.usage,
  });
};

/** The cost of `series` series of these archives with a point every `intervalSeconds`. */
function planFor(options: {
  series: number;
  intervalSeconds: number;
  archives: readonly ArchiveSpec[];
  blockBytes: number;
}): Plan {
  const { series, intervalSeconds, archives, blockBytes } = options;
  const bytesPerFile = fileBytes(archives);
  const pointsPerSecond = series / intervalSeconds;
  return {
    series,
    retentions: formatRetentions(archives),
    bytesPerFile,
    diskBytes: series * Math.ceil(bytesPerFile / blockBytes) * blockBytes,
    inodes: series,
    memoryBytes: Math.round(
      series * indexBytesPerSeries + pointsPerSecond * cacheSecondsHeld * pointBytes,
    ),
    pointsPerSecond,
    // Several points of a series that wait together are written together.
    fileUpdatesPerSecond: pointsPerSecond,
  };
}

/** File updates a second this disk takes: small writes all over a file, forced to disk in batches. */
function probeDisk(directory: string): number {
  const path = join(directory, `.probe.${process.pid}`);
  const file = openSync(path, 'wx', 0o600);
  try {
    ftruncateSync(file, probeFileBytes);
    const update = Buffer.alloc(12, 1);
    const begun = performance.now();
    let written = 0;
    while (performance.now() - begun < probeMs) {
      for (let i = 0; i < probeBatch; i++) {
        writeSync(
          file,
          update,
          0,
          update.length,
          Math.floor(Math.random() * (probeFileBytes - update.length)),
        );
      }
      written += probeBatch;
      fsyncSync(file);
    }
    return Math.round((written / (performance.now() - begun)) * 1000);
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

function plan(context: AdminContext, options: PlanOptions): void {
  const home = checkInstanceDirectory(context.home());
  const storage = join(home, instancePaths.storage);
  const { bavail, bsize } = statfsSync(storage);
  const archives =
    options.retentions === undefined
      ? loadRules(storeFiles(home)).ruleFor(options.metric).archives
      : parseRetentions(options.retentions);
  const costs = planFor({
    series: positive('--series', options.series),
    intervalSeconds: positive('--interval', options.interval),
    archives,
    blockBytes: bsize,
  });
  const freeBytes = bavail * bsize;
  const probed = options.probe ? probeDisk(storage) : undefined;
  const fits = costs.diskBytes <= freeBytes;
  const fast = probed === undefined || probed >= costs.fileUpdatesPerSecond;
  if (options.json === true) {
    context.say(
      JSON.stringify({ ...costs, freeBytes, probedUpdatesPerSecond: probed, fits, fast }),
    );
  } else {
    context.say(
      `series      ${costs.series}, one file each of ${costs.bytesPerFile} bytes (${costs.retentions})`,
    );
    context.say(
      `disk        ${costs.diskBytes} bytes (${formatBytes(costs.diskBytes)}), ${formatBytes(freeBytes)} are free`,
    );
    context.say(`memory      about ${formatBytes(costs.memoryBytes)} in carbon, besides its own`);
    context.say(`points      ${costs.pointsPerSecond.toFixed(1)} a second`);
    context.say(
      `updates     up to ${costs.fileUpdatesPerSecond.toFixed(1)} files a second; points that wait are written together`,
    );
    if (probed !== undefined)
      context.say(`this disk   took ${probed} small writes a second just now`);
    if (!fits) context.say('so          the disk is too small');
    else if (!fast)
      context.say(
        'so          the disk is slow for it: points will wait in memory and be written in larger pieces',
      );
    else context.say('so          it fits');
  }
  if (!fits) process.exitCode = exitCodes.failure;
}

export const addPlanCommand: AddCommand = (program, context) => {
  program
    .command('plan')
    .description('what a number of series costs here: disk to the byte, memory, writes')
    .requiredOption('--series <count>', 'how many series')
    .requiredOption('--interval <seconds>', 'seconds between their points')
    .option('--metric <name>', 'a name of the kind meant, to find its rule', 'any.metric')
    .option('--retentions <list>', 'instead of a rule, such as 10s:6h,1m:7d')
    .option('--no-probe', 'do not try the disk')
    .option('--json', 'as one line of JSON')
    .action((options: PlanOptions) => plan(context, options));
};
