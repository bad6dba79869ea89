// Whether a new file may be made now: so many a minute, and only while the disk has space and
// inodes above the watermark, so that existing series can go on when it is nearly full.
import { statfsSync } from 'node:fs';

export interface CreationLimitOptions {
  directory: string;
  /** 0 = no limit. */
  perMinute: number;
  /** Below this many free bytes nothing is created; 0 = do not look. */
  freeBytesMin: number;
  freeInodesMin: number;
}

const lookMilliseconds = 1000;

export class CreationLimit {
  readonly #options: CreationLimitOptions;
  #tokens: number;
  #tokensAt: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #refusal = '';
  /** Why nothing is created at present; empty when files are. */
  reason = '';

  constructor(options: CreationLimitOptions, now: number) {
    this.#options = options;
    this.#tokens = options.perMinute;
    this.#tokensAt = now;
  }

  /** Asks for one file; true spends one of this minute's. `now` counts milliseconds and never jumps. */
  mayCreate(now: number): boolean {
    const { perMinute } = this.#options;
    if (now - this.#lookedAt >= lookMilliseconds) {
      this.#lookedAt = now;
      this.#refusal = this.#diskRefusal();
    }
    this.reason = this.#refusal;
    if (this.reason !== '') return false;
    if (perMinute === 0) return true;
    const earned = ((now - this.#tokensAt) / 60_000) * perMinute;
    this.#tokens = Math.min(perMinute, this.#tokens + earned);
    this.#tokensAt = now;
    if (this.#tokens < 1) {
      this.reason = `${perMinute} new files a minute are allowed`;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  #diskRefusal(): string {
    const { directory, freeBytesMin, freeInodesMin } = this.#options;
    if (freeBytesMin === 0 && freeInodesMin === 0) return '';
    const disk = statfsSync(directory);
    const freeBytes = disk.bavail * disk.bsize;
    if (freeBytes < freeBytesMin)
      return `only ${Math.floor(freeBytes / 2 ** 20)} MiB are free on the disk`;
    // Some file systems (btrfs) make inodes as needed and report none at all.
    if (disk.files > 0 && disk.ffree < freeInodesMin)
      return `only ${disk.ffree} inodes are free on the disk`;
    return '';
  }
}
