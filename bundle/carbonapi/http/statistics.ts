// What the service has done since it started, as numbers: for /debug/vars, /metrics and the log.
import type { RequestFacts } from './facts.ts';

/** Upper bounds of the duration histogram, milliseconds. */
export const durationBoundsMs = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

export interface EndpointStatistics {
  requests: number;
  /** Answers by class of status: "2xx", "4xx", … */
  statuses: Record<string, number>;
  milliseconds: number;
  /** Requests no slower than the bound of the same index; the last one counts the slower ones. */
  durations: number[];
}

/** Only known endpoints get a row, so that hostile paths cannot grow the table. */
const endpointNames = [
  'render',
  'metrics',
  'functions',
  'tags',
  'events',
  'info',
  'version',
  'lb_check',
  'health',
  'debug',
];

export class Statistics {
  readonly startedMs = Date.now();
  readonly endpoints = new Map<string, EndpointStatistics>();
  series = 0;
  points = 0;
  storeRequests = 0;
  cancelled = 0;
  slow = 0;

  count(path: string, status: number, milliseconds: number, facts?: RequestFacts): void {
    const first = path.split('/', 2)[1] ?? '';
    const name = endpointNames.includes(first) ? first : 'other';
    let row = this.endpoints.get(name);
    if (row === undefined) {
      const durations = new Array<number>(durationBoundsMs.length + 1).fill(0);
      row = { requests: 0, statuses: {}, milliseconds: 0, durations };
      this.endpoints.set(name, row);
    }
    row.requests++;
    row.milliseconds += milliseconds;
    const statusClass = `${Math.floor(status / 100)}xx`;
    row.statuses[statusClass] = (row.statuses[statusClass] ?? 0) + 1;
    const bucket = durationBoundsMs.findIndex((bound) => milliseconds <= bound);
    const index = bucket < 0 ? durationBoundsMs.length : bucket;
    row.durations[index] = (row.durations[index] ?? 0) + 1;
    if (facts === undefined || facts.cached) return;
    this.series += facts.series;
    this.points += facts.points;
    this.storeRequests += facts.fetches;
  }
}
