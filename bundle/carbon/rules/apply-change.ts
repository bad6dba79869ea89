// Giving an existing file the archives of its rule while carbon goes on writing to it.
//
// The new file is made beside, filled, compared with the old one point by point and renamed over
// it. The old one stays linked until carbon has surely noticed: what it still wrote into the old
// file is carried over then. A kill at any moment leaves either file whole under the metric's name,
// and the next run carries over what the killed one owed.
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf, OperatingError } from '../../core/errors.ts';
import {
  adoptOwner,
  closeWhisper,
  convertInto,
  countMissing,
  createWhisper,
  fileBytes,
  fillGaps,
  openWhisper,
  setAggregation,
} from '../../whisper/index.ts';
import { changeDirectory, type FileChange } from './plan-change.ts';

/** Carbon looks every 30 s whether a file it holds open was replaced; this is beyond that. */
export const writerNoticesSeconds = 40;
/** Old files that wait to be carried over; each takes its bytes on the disk twice. */
const waitingMax = 5000;
/** Copying stops before the disk is fuller than this. */
const freeBytesMin = 64 * 1024 * 1024;
/** Points this much older than the copy may have been written after it. */
const lateSeconds = 600;
/** Copies of a file that is written to while it is copied. */
const attemptsMax = 5;

interface Waiting {
  old: string;
  path: string;
  /** Unix seconds: what the old file had then is in the new one. */
  copiedAt: number;
  /** Unix milliseconds: from then on carbon finds the new file under the name. */
  since: number;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** One run of `schema apply` over a whisper directory. Close it, or the next run does its rest. */
export class ChangeRun {
  /** Files that got new archives, files whose header was enough, late points carried over. */
  readonly counts = { resized: 0, headers: 0, carriedOver: 0 };
  readonly #directory: string;
  readonly #books: string;
  readonly #journal: string;
  readonly #lock: string;
  readonly #isWriterRunning: boolean;
  readonly #waiting: Waiting[] = [];
  #sequence = 0;

  /**
   * Takes the lock and finishes what an earlier run left. Throws `schema-apply-running`.
   * `isWriterRunning`: carbon has this directory open.
   */
  constructor(directory: string, isWriterRunning: boolean) {
    this.#directory = directory;
    this.#books = join(directory, changeDirectory);
    this.#journal = join(this.#books, 'journal');
    this.#lock = join(this.#books, 'lock');
    this.#isWriterRunning = isWriterRunning;
    mkdirSync(this.#books, { recursive: true });
    this.#takeLock();
    this.#resume();
  }

  /** Brings one file in line with its rule. */
  apply(change: FileChange): void {
    const path = join(this.#directory, change.path);
    const { aggregationMethod, xFilesFactor } = change.rule;
    if (change.isResized) {
      this.#resize(change, path);
      this.counts.resized += 1;
    } else {
      setAggregation(path, { aggregationMethod, xFilesFactor });
      this.counts.headers += 1;
    }
  }

  /** When the oldest waiting file may be carried over, in unix milliseconds; undefined: none waits. */
  dueAt(): number | undefined {
    const oldest = this.#waiting[0];
    if (oldest === undefined) return undefined;
    return this.#isWriterRunning ? oldest.since + writerNoticesSeconds * 1000 : oldest.since;
  }

  /** Whether so many old files wait that copying must pause until `dueAt`. */
  get isFull(): boolean {
    return this.#waiting.length >= waitingMax;
  }

  get waitingFiles(): number {
    return this.#waiting.length;
  }

  /** Carries over what is due at `now` (unix milliseconds). */
  carryOver(now: number): void {
    while ((this.dueAt() ?? Number.POSITIVE_INFINITY) <= now) {
      this.#finish(this.#waiting.shift()!, now);
    }
  }

  /** Gives the lock back; removes the books when nothing waits. */
  close(): void {
    if (this.#waiting.length === 0) rmSync(this.#books, { recursive: true, force: true });
    else rmSync(this.#lock, { force: true });
  }

  #resize(change: FileChange, path: string): void {
    const { archives, aggregationMethod, xFilesFactor } = change.rule;
    this.#requireSpace(fileBytes(archives));
    this.#sequence += 1;
    const fresh = join(this.#books, `${this.#sequence}.new`);
    const old = join(this.#books, `${this.#sequence}.old`);
    const copiedAt = this.#copy(path, fresh, () =>
      createWhisper(fresh, { archives, aggregationMethod, xFilesFactor, sync: true }),
    );
    adoptOwner(fresh, path);
    appendFileSync(this.#journal, `${this.#sequence} ${copiedAt} ${change.path}\n`);
    linkSync(path, old);
    renameSync(fresh, path);
    this.#waiting.push({ old, path, copiedAt, since: Date.now() });
  }

  // Returns when it began. Carbon may write between copy and comparison: then once more.
  #copy(path: string, fresh: string, create: () => void): number {
    for (let attempt = 1; ; attempt++) {
      rmSync(fresh, { force: true });
      create();
      const now = Math.floor(Date.now() / 1000);
      const source = openWhisper(path, { readOnly: true });
      const target = openWhisper(fresh);
      try {
        convertInto(target, source, now);
        const missing = countMissing(target, source, now);
        if (missing === 0) return now;
        if (attempt < attemptsMax) continue;
        throw new OperatingError(
          'copy-differs',
          `${missing} points of ${path} are not in its copy after ${attempt} attempts; the file stays as it is`,
        );
      } finally {
        closeWhisper(source);
        closeWhisper(target);
      }
    }
  }

  // The file has not been replaced when the run was killed before the rename.
  #finish({ old, path, copiedAt }: Waiting, now: number): void {
    const named = statSync(path, { throwIfNoEntry: false });
    if (named !== undefined && named.ino !== statSync(old).ino) {
      const source = openWhisper(old, { readOnly: true });
      const target = openWhisper(path);
      try {
        this.counts.carriedOver += fillGaps(
          target,
          source,
          Math.floor(now / 1000),
          copiedAt - lateSeconds,
        );
      } finally {
        closeWhisper(source);
        closeWhisper(target);
      }
    }
    rmSync(old, { force: true });
  }

  #requireSpace(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#directory);
    if (bavail * bsize - bytes >= freeBytesMin) return;
    throw new OperatingError(
      'disk-full',
      `only ${Math.floor((bavail * bsize) / 1048576)} MB are free on the disk of ${this.#directory}: stopped before the next copy; what is done stays done`,
    );
  }

  #takeLock(): void {
    if (existsSync(this.#lock)) {
      const pid = Number(readFileSync(this.#lock, 'utf8'));
      if (pid > 0 && pid !== process.pid && isAlive(pid)) {
        throw new OperatingError(
          'schema-apply-running',
          `another schema apply (process ${pid}) is at work on ${this.#directory}`,
        );
      }
    }
    writeFileSync(this.#lock, String(process.pid));
  }

  #resume(): void {
    if (!existsSync(this.#journal)) return;
    const owed = new Map<string, { path: string; copiedAt: number }>();
    for (const line of readFileSync(this.#journal, 'utf8').split('\n')) {
      const entry = /^(\d+) (\d+) (.+)$/.exec(line);
      if (entry === null) continue;
      const path = join(this.#directory, entry[3]!);
      owed.set(entry[1]!, { path, copiedAt: Number(entry[2]) });
    }
    for (const name of readdirSync(this.#books)) {
      const [number = '', kind] = name.split('.');
      this.#sequence = Math.max(this.#sequence, Number(number) || 0);
      if (kind === 'new') rmSync(join(this.#books, name));
      const entry = owed.get(number);
      if (kind !== 'old' || entry === undefined) continue;
      this.#waiting.push({ ...entry, old: join(this.#books, name), since: Date.now() });
    }
  }
}
