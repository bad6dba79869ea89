// What goes from the thread that receives to the thread that writes, and back: points of many
// series in a few flat arrays. Both threads see the same memory, never at the same time. (To transfer
// plain arrays would cost all compiled code of a thread: with the first array that is taken from it,
// V8 no longer believes that arrays stay, and compiles all that touches one anew.)

/** What became of a series' points. */
export const outcomes = {
  stored: 0,
  /** The system refused (disk full, read-only, I/O error): try again later. */
  failed: 1,
  /** Its file may not be created now. */
  heldBack: 2,
  /** The name cannot be a file here, today or tomorrow. */
  badPath: 3,
  /** Stored, in a file that was made for it. */
  created: 4,
  /** Its prefix has begun too many series: see admission.ts. */
  overBudget: 5,
  /** A rule says that it must not be. */
  denied: 6,
} as const;

export const seriesMax = 2048;
export const pointsMax = 16_384;
const nameBytesMax = 128 * 1024;

const sharedNumbers = (length: number): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(length * 8));

export class WriteBatch {
  series = 0;
  points = 0;
  nameBytes = 0;
  readonly ids = new Uint32Array(new SharedArrayBuffer(seriesMax * 4));
  readonly counts = new Uint32Array(new SharedArrayBuffer(seriesMax * 4));
  readonly nameLengths = new Uint16Array(new SharedArrayBuffer(seriesMax * 2));
  readonly outcomes = new Uint8Array(new SharedArrayBuffer(seriesMax));
  readonly names = new Uint8Array(new SharedArrayBuffer(nameBytesMax));
  times: Float64Array<SharedArrayBuffer>;
  values: Float64Array<SharedArrayBuffer>;

  constructor(points = pointsMax) {
    this.times = sharedNumbers(points);
    this.values = sharedNumbers(points);
  }

  /** Makes room for `points` points; what was there is lost. */
  widen(points: number): void {
    this.times = sharedNumbers(points);
    this.values = sharedNumbers(points);
  }

  /** True when a series with this many points and name bytes still fits. */
  hasRoomFor(points: number, nameBytes: number): boolean {
    return (
      this.series < seriesMax &&
      this.points + points <= this.times.length &&
      this.nameBytes + nameBytes <= this.names.length
    );
  }

  clear(): void {
    this.series = 0;
    this.points = 0;
    this.nameBytes = 0;
  }
}

/** What a batch looks like on the other side: the same fields, no methods. */
export type WriteBatchFields = Pick<
  WriteBatch,
  | 'series'
  | 'points'
  | 'nameBytes'
  | 'ids'
  | 'counts'
  | 'nameLengths'
  | 'outcomes'
  | 'times'
  | 'values'
  | 'names'
>;

/** Counters of the writing side since it started, and its present state. */
export interface WriterState {
  updates: number;
  created: number;
  points: number;
  tooOld: number;
  /** Points that lost their slot of the finest archive to a later one. */
  overwritten: number;
  quarantined: number;
  errors: number;
  heldBack: number;
  openFiles: number;
  /** Names listed as refused for the budget of their prefix. */
  refusedSeries: number;
  /** Why no file is created at present; empty when files are. */
  creationStopped: string;
}

/** The state of a writer that has written nothing. */
export const newWriterState = (): WriterState => ({
  updates: 0,
  created: 0,
  points: 0,
  tooOld: 0,
  overwritten: 0,
  quarantined: 0,
  errors: 0,
  heldBack: 0,
  openFiles: 0,
  refusedSeries: 0,
  creationStopped: '',
});

/** Writes batches, one after the other; fills in `outcomes`. */
export interface BatchWriter {
  write(batch: WriteBatch): Promise<WriterState>;
  /** Closes all files. */
  close(): Promise<void>;
}
