// The metric index at a million series: node --expose-gc test/bench/metric-index.bench.ts [series]
// Checks each answer first. Prints bytes a series, then times a question.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, do_not_optimize, run, summary } from 'mitata';
import {
  createMetricIndex,
  openMetricIndex,
  runNow,
  type SearchableIndex,
} from '../../bundle/carbon/metric-index/index.ts';
import { silentLogger } from '../../bundle/core/log.ts';

const seriesCount = Number(process.argv[2] ?? 1_000_000);

/** CPU of this process, milliseconds: other work on the machine does not count. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timed<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const begun = cpuMilliseconds();
  const result = await work();
  console.log(`${what.padEnd(44)} ${(cpuMilliseconds() - begun).toFixed(0)} ms CPU`);
  return result;
}

function filled(nameOf: (i: number) => string): SearchableIndex {
  const index = createMetricIndex();
  for (let i = 0; i < seriesCount; i++) index.add(nameOf(i));
  assert.equal(index.size, seriesCount);
  return index;
}

const plainName = (i: number): string =>
  `dc${i % 4}.host${i >> 7}.plugin-${i % 16}.metric${(i >> 4) % 8}`;
const taggedName = (i: number): string =>
  `http.requests${i % 20};code=${i % 5};dc=dc${i % 3};host=host${i >> 6};instance=i-${i}`;

const rssBefore = process.memoryUsage().rss;
const plain = await timed(`add ${seriesCount} series`, () => filled(plainName));
globalThis.gc?.();
const rssPlain = process.memoryUsage().rss;
console.log(
  `  ${(plain.memoryBytes / seriesCount).toFixed(1)} bytes a series in tables, RSS +${Math.round((rssPlain - rssBefore) / 1e6)} MB`,
);
const tagged = await timed(`add ${seriesCount} tagged series`, () => filled(taggedName));
globalThis.gc?.();
console.log(
  `  ${(tagged.memoryBytes / seriesCount).toFixed(1)} bytes a series in tables, RSS +${Math.round((process.memoryUsage().rss - rssPlain) / 1e6)} MB`,
);

const directory = mkdtempSync(join(tmpdir(), 'index-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const [kind, source] of [
  ['plain', plain],
  ['tagged', tagged],
] as const) {
  const options = {
    whisperDirectory: join(directory, 'whisper'),
    indexDirectory: join(directory, kind),
    log: silentLogger,
    isCached: () => true,
    scanSeconds: 0,
  };
  mkdirSync(options.whisperDirectory, { recursive: true });
  const written = await openMetricIndex(options);
  for (const name of source.names()) written.index.add(name);
  await timed(`write snapshot, ${kind}`, () => written.stop());
  const { size } = statSync(join(options.indexDirectory, 'names.snapshot'));
  console.log(`  ${(size / seriesCount).toFixed(1)} bytes a series on disk`);
  const read = await timed(`load snapshot, ${kind}`, () => openMetricIndex(options));
  assert.equal(read.index.size, seriesCount);
  await read.stop();
}

const finds: [string, number][] = [
  ['dc1.host77.plugin-5.metric4', 1],
  ['dc1.host77.*', 4],
  ['dc1.host1?.plugin-{1,5}.metric[0-3]', 80],
  ['dc1.host12*.plugin-1.metric0', -1],
  ['dc1.*.plugin-1.metric0', -1],
  ['*.*.*.nothing', 0],
];
const tagQueries: [string[], number][] = [
  [['instance=i-777'], 1],
  [['name=http.requests1', 'host=host77'], -1],
  [['name=http.requests1', 'code=1', 'dc=dc2'], -1],
  [['host=~host77', 'code=1'], -1],
  [['instance=~.*777$'], -1],
  [['name=http.requests1', 'host!=~host1.*'], -1],
  [['code=1', 'instance!='], -1],
];
summary(() => {
  for (const [query, want] of finds) {
    const found = plain.find(query).length;
    if (seriesCount === 1_000_000 && want >= 0) assert.equal(found, want, query);
    bench(`find ${query} (${found})`, () => do_not_optimize(plain.find(query)));
  }
});
summary(() => {
  for (const [expressions, want] of tagQueries) {
    const found = runNow(tagged.tags.findSeries(expressions)).length;
    if (want >= 0) assert.equal(found, want, expressions.join());
    bench(`findSeries ${expressions.join(' ')} (${found})`, () =>
      do_not_optimize(runNow(tagged.tags.findSeries(expressions))),
    );
  }
  bench('autoComplete values of host by prefix', () =>
    do_not_optimize(runNow(tagged.tags.tagValues({ tag: 'host', prefix: 'host77', limit: 100 }))),
  );
  bench('autoComplete values of name, untagged', () =>
    do_not_optimize(runNow(plain.tags.tagValues({ tag: 'name', prefix: 'dc1.', limit: 100 }))),
  );
});
await run();
