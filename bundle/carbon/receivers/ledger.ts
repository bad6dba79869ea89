// What became of every point, counted by receiver and reason: received = stored + cached + dropped.

/** Why a received point was not accepted. */
export const refusalReasons = [
  'malformed', // not three fields
  'line-too-long',
  'unterminated', // a last line without LF
  'bad-value',
  'not-a-number', // NaN
  'bad-time', // unreadable, or outside 1970..2106
  'future', // too far ahead of this machine's clock
  'bad-name',
  'series-limit',
  'cache-full',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Why an accepted point did not reach its file. */
export const lossReasons = [
  'too-old', // older than the longest retention
  'create-limit', // its file may not be created now, and the cache is half full
  'create-budget', // its prefix has begun too many new series
  'create-denied', // conf/new-series.conf says so
  'bad-path', // the name cannot be a file here
] as const;
export type LossReason = (typeof lossReasons)[number];

/** Counters of one receiver. `received` counts points, readable or not. */
export class ReceiverCounters {
  readonly name: string;
  received = 0;
  /** Connections open now. */
  active = 0;
  /** Frames or requests that could not be read at all. */
  badFrames = 0;
  /** Connections refused because there were too many. */
  refusedConnections = 0;
  /** TLS handshakes that failed: no or a wrong certificate, no TLS at all, too slow. */
  failedHandshakes = 0;
  readonly refused: Record<RefusalReason, number>;

  constructor(name: string) {
    this.name = name;
    this.refused = Object.fromEntries(refusalReasons.map((reason) => [reason, 0])) as Record<
      RefusalReason,
      number
    >;
  }

  refuse(reason: RefusalReason): void {
    this.refused[reason]++;
  }

  get errors(): number {
    let sum = this.badFrames;
    for (const reason of refusalReasons) sum += this.refused[reason];
    return sum;
  }
}

/** All counters of a process. */
export class Ledger {
  readonly receivers: ReceiverCounters[] = [];
  /** Points written to files. */
  stored = 0;
  readonly lost = Object.fromEntries(lossReasons.map((reason) => [reason, 0])) as Record<
    LossReason,
    number
  >;

  receiver(name: string): ReceiverCounters {
    const counters = new ReceiverCounters(name);
    this.receivers.push(counters);
    return counters;
  }

  get received(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.received, 0);
  }

  /** Points refused or lost, for any reason. */
  get dropped(): number {
    let sum = 0;
    for (const reason of lossReasons) sum += this.lost[reason];
    for (const receiver of this.receivers)
      for (const reason of refusalReasons) sum += receiver.refused[reason];
    return sum;
  }
}
