import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Spool, type SpoolOptions } from '../../../bundle/agent/spool/spool.ts';
import { silentLogger } from '../../../bundle/core/log.ts';

function setUp(t: TestContext, options: Partial<SpoolOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'spool-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const open = (): Spool =>
    new Spool({
      directory,
      bytesMax: 1_000_000,
      segmentBytes: 1000,
      ageSecondsMax: 0,
      freeBytesMin: 0,
      log: silentLogger,
      ...options,
    });
  return { directory, open };
}

const batchOf = (...names: string[]) => ({
  bytes: Buffer.from(names.map((name) => `${name} 1 2\n`).join('')),
  points: names.length,
});

function drain(spool: Spool, pointsMax = 7): string[] {
  const names: string[] = [];
  for (
    let batch = spool.take(pointsMax, 0);
    batch !== undefined;
    batch = spool.take(pointsMax, 0)
  ) {
    assert.ok(batch.points <= pointsMax);
    const lines = batch.bytes.toString().trimEnd().split('\n');
    assert.equal(lines.length, batch.points);
    names.push(...lines.map((line) => line.split(' ')[0]!));
  }
  return names;
}

const sequence = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `n${from + i}`);

test('lines come back in order over many segments, and the directory is empty afterwards', (t) => {
  const { directory, open } = setUp(t);
  const spool = open();
  for (let i = 0; i < 1000; i += 10) assert.ok(spool.append(batchOf(...sequence(i, i + 10)), i));
  assert.equal(spool.points, 1000);
  assert.ok(readdirSync(directory).length > 5);
  assert.deepEqual(drain(spool), sequence(0, 1000));
  assert.equal(spool.points, 0);
  assert.equal(spool.bytes, 0);
  spool.close(0);
  assert.deepEqual(readdirSync(directory), []);
});

test('appending while reading keeps the order', (t) => {
  const spool = setUp(t).open();
  const seen: string[] = [];
  for (let i = 0; i < 300; i += 3) {
    spool.append(batchOf(...sequence(i, i + 3)), i);
    const batch = spool.take(2, i);
    seen.push(
      ...batch!.bytes
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]!),
    );
  }
  seen.push(...drain(spool));
  assert.deepEqual(seen, sequence(0, 300));
});

test('a new process goes on where the last one stopped', (t) => {
  const { open } = setUp(t);
  const first = open();
  first.append(batchOf(...sequence(0, 200)), 1);
  first.append(batchOf(...sequence(200, 400)), 2);
  assert.equal(first.take(150, 5)?.points, 150);
  first.close(6);
  const second = open();
  assert.equal(second.points, 250);
  assert.deepEqual(drain(second), sequence(150, 400));
});

test('after a crash nothing is missing: a torn line is cut, what the cursor lacks comes again', (t) => {
  const { directory, open } = setUp(t);
  const first = open();
  first.append(batchOf(...sequence(0, 50)), 1);
  const segment = join(directory, readdirSync(directory).find((name) => name.endsWith('.lines'))!);
  appendFileSync(segment, 'torn 1 1699');
  const second = open();
  assert.deepEqual(drain(second), sequence(0, 50));
});

test('a cursor that fits nothing is not believed', (t) => {
  const { directory, open } = setUp(t);
  const first = open();
  first.append(batchOf('a', 'b'), 1);
  first.close(1);
  for (const cursor of ['', 'x', '0000000000000001.lines 3', '0000000000000001.lines 9999']) {
    writeFileSync(join(directory, 'cursor'), cursor);
    const spool = open();
    assert.equal(spool.points, 2, cursor);
    spool.close(2);
  }
});

test('a full spool gives up the oldest segment and counts its points', (t) => {
  const { open } = setUp(t, { bytesMax: 5000 });
  const spool = open();
  for (let i = 0; i < 2000; i += 10) spool.append(batchOf(...sequence(i, i + 10)), i);
  assert.ok(spool.bytes <= 5000);
  const rest = drain(spool);
  assert.equal(spool.droppedPoints + rest.length, 2000);
  assert.ok(spool.droppedPoints > 0);
  assert.deepEqual(rest, sequence(2000 - rest.length, 2000));
});

test('points beyond the age are given up and counted, a segment at a time', (t) => {
  const { open } = setUp(t, { ageSecondsMax: 100 });
  const spool = open();
  for (let i = 0; i < 500; i += 10) spool.append(batchOf(...sequence(i, i + 10)), 1000 + i * 100);
  assert.equal(spool.droppedPoints, 0);
  spool.append(batchOf('late'), 140_000);
  assert.ok(spool.droppedPoints > 300 && spool.droppedPoints < 500);
  assert.equal(drain(spool).length + spool.droppedPoints, 501);
});

test('a disk without room refuses, and nothing half-written stays', (t) => {
  const { open } = setUp(t, { freeBytesMin: Number.MAX_SAFE_INTEGER });
  const spool = open();
  assert.equal(spool.append(batchOf('a'), 1), false);
  assert.equal(spool.points, 0);
  assert.equal(spool.take(1, 1), undefined);
  spool.close(1);
});
