// The listings of `dkmadmin whisper info`, `dump` and `create --estimate`, in the python tools' shape.
import { statSync } from 'node:fs';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import {
  type ArchiveSpec,
  closeWhisper,
  openWhisper,
  readSlotBytes,
  validateArchives,
} from '../../bundle/whisper/index.ts';
import { floatRepr, general, timePrinter } from './python-format.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Prints the header of a file, or one field of it. */
export function printInfo(
  path: string,
  field: string | undefined,
  options: { json?: boolean },
): void {
  const handle = openWhisper(path, { readOnly: true });
  closeWhisper(handle);
  const { aggregationMethod, maxRetention, xFilesFactor } = handle.layout;
  const archives = handle.layout.archives.map(
    ({ offset, secondsPerPoint, points, retention, size }) => ({
      offset,
      secondsPerPoint,
      points,
      retention,
      size,
    }),
  );
  const fileSize = statSync(path).size;
  const info: Record<string, unknown> = {
    aggregationMethod,
    maxRetention,
    xFilesFactor,
    archives,
    fileSize,
  };
  const show = (key: string): string =>
    key === 'xFilesFactor' ? floatRepr(xFilesFactor) : String(info[key]);
  if (field !== undefined) {
    if (!(field in info)) {
      throw new OperatingError(
        'unknown-field',
        `Unknown field ${JSON.stringify(field)}. Valid fields are ${Object.keys(info).join(',')}`,
        { exitCode: exitCodes.usage },
      );
    }
    print(field === 'archives' ? JSON.stringify(archives) : show(field));
    return;
  }
  if (options.json) {
    print(JSON.stringify(info, null, 2));
    return;
  }
  for (const key of Object.keys(info)) if (key !== 'archives') print(`${key}: ${show(key)}`);
  print('');
  archives.forEach((archive, i) => {
    print(`Archive ${i}`);
    for (const [key, value] of Object.entries(archive)) print(`${key}: ${value}`);
    print('');
  });
}

interface DumpOptions {
  json?: boolean;
  pretty?: boolean;
  timeFormat?: string;
}

/** Prints header and every slot of a file, in file order. */
export function printDump(path: string, options: DumpOptions): void {
  const handle = openWhisper(path, { readOnly: true });
  try {
    const { layout } = handle;
    const slots = layout.archives.map((_, index) => readSlotBytes(handle, index));
    if (options.json) {
      const archives = layout.archives.map((archive, index) => ({
        ...archive,
        data: Array.from({ length: archive.points }, (_, i) => [
          slots[index]!.readUInt32BE(12 * i),
          slots[index]!.readDoubleBE(12 * i + 4),
        ]),
      }));
      print(JSON.stringify({ ...layout, archives }));
      return;
    }
    print('Meta data:');
    print(`  aggregation method: ${layout.aggregationMethod}`);
    print(`  max retention: ${layout.maxRetention}`);
    print(`  xFilesFactor: ${general(layout.xFilesFactor, 6)}\n`);
    layout.archives.forEach((archive, i) => {
      print(`Archive ${i} info:`);
      print(`  offset: ${archive.offset}`);
      print(`  seconds per point: ${archive.secondsPerPoint}`);
      print(`  points: ${archive.points}`);
      print(`  retention: ${archive.retention}`);
      print(`  size: ${archive.size}\n`);
    });
    const timeOf = timePrinter(options);
    slots.forEach((bytes, index) => {
      print(`Archive ${index} data:`);
      // One write for many lines: archives have hundreds of thousands of slots.
      let text = '';
      for (let i = 0; 12 * i < bytes.length; i++) {
        const value = general(bytes.readDoubleBE(12 * i + 4), 35, 10);
        text += `${i}: ${timeOf(bytes.readUInt32BE(12 * i))}, ${value}\n`;
        if (text.length > 65536) {
          process.stdout.write(text);
          text = '';
        }
      }
      process.stdout.write(text);
    });
  } finally {
    closeWhisper(handle);
  }
}

function byteFormat(bytes: number): string {
  let value = bytes;
  for (const unit of ['bytes', 'KB', 'MB']) {
    if (value < 1024) return `${value.toFixed(3)}${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(3)}GB`;
}

/** Prints what a file with these archives, and many of them, would take. */
export function printEstimate(archives: readonly ArchiveSpec[], json: boolean): void {
  validateArchives(archives);
  const points = archives.reduce((sum, archive) => sum + archive.points, 0);
  const size = 16 + 12 * archives.length + 12 * points;
  const diskSize = Math.ceil(size / 4096) * 4096;
  if (json) {
    print(JSON.stringify({ archives, size, diskSize }, null, 2));
    return;
  }
  archives.forEach((archive, i) => {
    print(`Archive ${i}: ${archive.points} points of ${archive.secondsPerPoint}s precision`);
  });
  print(
    `\nEstimated Whisper DB Size: ${byteFormat(size)} (${diskSize} bytes on disk with 4k blocks)\n`,
  );
  for (const thousands of [1, 5, 10, 50, 100, 500]) {
    const estimate = byteFormat(thousands * 1000 * diskSize);
    print(`Estimated storage requirement for ${thousands}k metrics: ${estimate}`);
  }
}
