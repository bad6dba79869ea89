// Speed of the whisper library: node test/bench/whisper.bench.ts [retentions]
// Checks what it wrote first. Times are wall clock per call; the backlog's divide by 50.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, do_not_optimize, run } from 'mitata';
import {
  closeWhisper,
  createWhisper,
  type FetchTarget,
  fetchInto,
  formatRetentions,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../bundle/whisper/index.ts';

const archives = parseRetentions(process.argv[2] ?? '5m:30d,1h:1y');
const step = archives[0]!.secondsPerPoint;
const seriesCount = 2000;
const backlog = 50;

const directory = mkdtempSync(join(tmpdir(), 'whisper-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const pathOf = (series: number) => join(directory, `${series % 50}`, `${series}.wsp`);
for (let series = 0; series < seriesCount; series++) {
  createWhisper(pathOf(series), { archives, xFilesFactor: 0, sparse: true });
}
const handles = Array.from({ length: seriesCount }, (_, series) => openWhisper(pathOf(series)));
const times = new Float64Array(backlog);
const values = new Float64Array(backlog);
const day: FetchTarget = { start: 0, step: 0, count: 0, values: new Float64Array(0) };
let now = 1_763_700_000;
let next = 0;

// One flush of `count` points for the next series; time moves on once all series had theirs.
function flush(count: number): void {
  if (next === seriesCount) {
    next = 0;
    now += count * step;
    for (let i = 0; i < count; i++) {
      times[i] = now - (count - 1 - i) * step;
      values[i] = now + i;
    }
  }
  updateMany(handles[next++]!, times, values, count, now);
}

next = seriesCount;
for (let i = 0; i < 3 * seriesCount; i++) flush(backlog);
assert.equal(fetchInto(handles[0]!, now - 150 * step, now, now, day), true);
assert.equal(day.count, 150);
for (let i = 0; i < 150; i++) {
  assert.equal(day.values[i], now - (2 - Math.floor(i / backlog)) * backlog * step + (i % backlog));
}

let created = 0;
const createNext = (sparse: boolean) => {
  const path = join(directory, `new-${created % 100}`, `${created++}.wsp`);
  createWhisper(path, { archives, sparse });
  return path;
};

bench('create, sparse', () => createNext(true));
bench('create, preallocated (and deleted)', () => rmSync(createNext(false)));
bench('update of one point', () => flush(1));
bench('open, update of one point, close', () => {
  const handle = openWhisper(pathOf(next % seriesCount));
  flush(1);
  closeWhisper(handle);
});
bench(`update of ${backlog} points`, () => flush(backlog));
bench('fetch of one day, open handle', () => {
  do_not_optimize(fetchInto(handles[7]!, now - 86400, now, now, day));
});
bench('fetch of one day, from path', () => {
  do_not_optimize(fetchInto(pathOf(7), now - 86400, now, now, day));
});

console.log(`retentions ${formatRetentions(archives)}`);
await run();
