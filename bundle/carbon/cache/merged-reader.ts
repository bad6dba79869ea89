// Reading: what is on disk with the pending points laid over it. A metric without a file yet is
// answered from its pending points and the rule it will be created by.
import { codeOf } from '../../core/errors.ts';
import {
  type ArchiveSpec,
  closeWhisper,
  fetchSeries,
  metricToPath,
  openWhisper,
  type WhisperHandle,
} from '../../whisper/index.ts';
import { FileCache } from '../file-cache.ts';
import type { StorageRules } from '../rules/index.ts';
import type { CachedPoints, FetchedMetric, MetricInformation, MetricReader } from '../store.ts';
import type { Cache } from './cache.ts';

export interface MergedReaderOptions {
  directory: string;
  hashTagged: boolean;
  /** Files kept open for reading. */
  openFilesMax: number;
}

const openToRead = { readOnly: true, skipLengthCheck: true };
// A damaged file is put aside by the next write; what is cached is readable meanwhile.
const unreadableCodes = new Set([
  'bad-metric-name',
  'whisper-missing',
  'whisper-corrupt',
  'ENOTDIR',
  'ENAMETOOLONG',
]);

const outOfDescriptors = new Set(['EMFILE', 'ENFILE']);

interface StoredRange {
  from: number;
  until: number;
  now: number;
  isJustOpened: boolean;
}

/** What files and rules both say of a metric. */
interface Shape {
  archives: readonly ArchiveSpec[];
  aggregationMethod: string;
  xFilesFactor: number;
}

export class MergedReader implements MetricReader {
  rules: StorageRules;
  readonly #cache: Cache;
  readonly #options: MergedReaderOptions;
  readonly #files: FileCache<string>;

  constructor(cache: Cache, rules: StorageRules, options: MergedReaderOptions) {
    this.#cache = cache;
    this.rules = rules;
    this.#options = options;
    this.#files = new FileCache({
      filesMax: options.openFilesMax,
      checkSeconds: 5,
      idleSeconds: 300,
    });
  }

  fetch(metric: string, from: number, until: number, now: number): FetchedMetric | undefined {
    const points = this.#cache.read(metric);
    return this.#withFile(metric, now, (handle, isJustOpened) => {
      const range = { from, until, now, isJustOpened };
      const stored = handle === undefined ? false : readStored(handle, range);
      if (stored === false && points.times.length === 0) return undefined;
      const shape: Shape = handle?.layout ?? this.rules.ruleFor(metric);
      const { aggregationMethod, xFilesFactor } = shape;
      const series = stored || emptySeries(shape.archives, from, until, now);
      if (series === undefined) return undefined;
      if (points.times.length > 0)
        layOver(series, points, series.step === shape.archives[0]?.secondsPerPoint);
      const { start, step, values } = series;
      return { start, step, values, aggregationMethod, xFilesFactor };
    });
  }

  info(metric: string): MetricInformation | undefined {
    return this.#withFile(metric, Math.floor(Date.now() / 1000), (handle) => {
      if (handle === undefined && !this.#cache.isPending(metric)) return undefined;
      const shape: Shape = handle?.layout ?? this.rules.ruleFor(metric);
      const retentions = shape.archives.map(({ secondsPerPoint, points }) => ({
        secondsPerPoint,
        points,
      }));
      return {
        name: metric,
        aggregationMethod: shape.aggregationMethod,
        xFilesFactor: shape.xFilesFactor,
        maxRetention: Math.max(...retentions.map((each) => each.secondsPerPoint * each.points)),
        retentions,
      };
    });
  }

  cached(metric: string): CachedPoints {
    return this.#cache.read(metric);
  }

  /** Reads the header of the metric's file again with its next use: it was changed in place. */
  reopen(metric: string): void {
    this.#files.drop(metric);
  }

  /** Closes all files. */
  close(): void {
    this.#files.close();
  }

  /** Calls `read` with the metric's open file, undefined when it has none that can be read. */
  #withFile<T>(
    metric: string,
    now: number,
    read: (handle: WhisperHandle | undefined, isJustOpened: boolean) => T,
  ): T {
    const kept = this.#files.get(metric, now);
    if (kept !== undefined) {
      try {
        return read(kept, false);
      } catch (error) {
        this.#files.drop(metric);
        throw error;
      }
    }
    const handle = this.#open(metric);
    if (handle === undefined || this.#files.keep(metric, handle, now)) return read(handle, true);
    try {
      return read(handle, true);
    } finally {
      closeWhisper(handle);
    }
  }

  #open(metric: string): WhisperHandle | undefined {
    const { directory } = this.#options;
    for (;;) {
      try {
        return openWhisper(`${directory}/${metricToPath(metric, this.#options)}`, openToRead);
      } catch (error) {
        const code = codeOf(error) ?? '';
        if (unreadableCodes.has(code)) return undefined;
        // What is kept open for reading must not be what keeps others from being read.
        const kept = this.#files.size;
        if (outOfDescriptors.has(code)) this.#files.shrink();
        if (this.#files.size === kept) throw error;
      }
    }
  }
}

/** The stored slots; false when the file is cut off before them. */
function readStored(
  handle: WhisperHandle,
  { from, until, now, isJustOpened }: StoredRange,
): ReturnType<typeof fetchSeries> | false {
  try {
    return fetchSeries(handle, from, until, now, isJustOpened);
  } catch (error) {
    if (codeOf(error) === 'whisper-corrupt') return false;
    throw error;
  }
}

/** The slots a file of these archives would answer with, all without a point. */
function emptySeries(
  archives: readonly ArchiveSpec[],
  from: number,
  until: number,
  now: number,
): { start: number; step: number; values: Float64Array } | undefined {
  if (from > until || from > now) return undefined;
  const reach = ({ secondsPerPoint, points }: ArchiveSpec): number => secondsPerPoint * points;
  const coarsest = archives[archives.length - 1];
  if (coarsest === undefined || until < now - reach(coarsest)) return undefined;
  const oldest = Math.max(Math.trunc(from), now - reach(coarsest));
  const archive = archives.find((each) => reach(each) >= now - oldest) ?? coarsest;
  const step = archive.secondsPerPoint;
  const last = Math.min(Math.trunc(until), now);
  const start = oldest - (oldest % step) + step;
  const end = Math.max(last - (last % step) + step, start + step);
  const count = Math.min((end - start) / step, archive.points);
  return { start: end - count * step, step, values: new Float64Array(count).fill(Number.NaN) };
}

// In a coarser archive a slot that is on disk already sums up many points: it stays as it is.
function layOver(
  series: { start: number; step: number; values: Float64Array },
  points: CachedPoints,
  isFinest: boolean,
): void {
  const { start, step, values } = series;
  const onDisk = isFinest ? undefined : values.slice();
  for (let k = 0; k < points.times.length; k++) {
    const slot = Math.floor(((points.times[k] as number) - start) / step);
    if (slot < 0 || slot >= values.length) continue;
    if (onDisk === undefined || Number.isNaN(onDisk[slot]))
      values[slot] = points.values[k] as number;
  }
}
