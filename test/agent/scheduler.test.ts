import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Collector, Reading } from '../../bundle/agent/plugins/plugin.ts';
import { createScheduler, nextDelay } from '../../bundle/agent/scheduler.ts';
import { silentLogger } from '../../bundle/core/log.ts';
import { createFakeHost } from './fake-host.ts';

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 });
  const emitted: string[] = [];
  let ticks = 0;
  const clockOffset = { ms: 0 }; // of the wall clock against the timers
  const scheduler = createScheduler({
    host: createFakeHost(),
    log: silentLogger,
    now: () => Date.now() + clockOffset.ms,
    elapsed: Date.now,
    phase: 0.5,
    emit: (plugin: string, reading: Reading, nowMs: number) =>
      emitted.push(`${plugin} ${reading.type} ${nowMs - 1_700_000_000_000}`),
    beforeTick: () => undefined,
    afterTick: () => {
      ticks += 1;
    },
  });
  t.after(scheduler.stop);
  /** Lets `seconds` pass, with room for promises at each step. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds * 2; i++) {
      t.mock.timers.tick(500);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { scheduler, emitted, pass, clockOffset, ticks: () => ticks };
}

const collector = (read: Collector['read']): Collector => ({ read });

test('collections fall on fixed points of the interval, away from its borders', () => {
  for (const phase of [0, 0.3, 0.99]) {
    for (let now = 1_700_000_000_000; now < 1_700_000_020_000; now += 137) {
      const delay = nextDelay(now, 10_000, phase);
      assert.ok(delay >= 1 && delay <= 10_000);
      const into = (now + delay) % 10_000;
      assert.ok(into >= 2000 && into <= 8001, `${into}`);
      assert.equal(Math.floor(into), Math.floor((2000 + 6000 * phase) % 10_000) + (into % 1));
    }
  }
});

test('each collector runs at its interval', async (t) => {
  const { scheduler, emitted, pass } = setUp(t);
  scheduler.setCollectors([
    {
      name: 'a',
      intervalMs: 10_000,
      collector: collector(({ emit }) => emit({ type: 'x', values: [] })),
    },
    {
      name: 'b',
      intervalMs: 20_000,
      collector: collector(({ emit }) => emit({ type: 'y', values: [] })),
    },
  ]);
  scheduler.start();
  await pass(40);
  assert.deepEqual(emitted, [
    'a x 5000',
    'b y 10000',
    'a x 15000',
    'a x 25000',
    'b y 30000',
    'a x 35000',
  ]);
});

test('one that throws is tried again after growing pauses and never stops its neighbours', async (t) => {
  const { scheduler, emitted, pass } = setUp(t);
  let tries = 0;
  let works = false;
  scheduler.setCollectors([
    {
      name: 'bad',
      intervalMs: 10_000,
      collector: collector(({ emit }) => {
        tries += 1;
        if (!works) throw new Error('broken');
        emit({ type: 'x', values: [] });
      }),
    },
    {
      name: 'rejects',
      intervalMs: 10_000,
      collector: collector(() => Promise.reject(new Error('broken too'))),
    },
    {
      name: 'good',
      intervalMs: 10_000,
      collector: collector(({ emit }) => emit({ type: 'y', values: [] })),
    },
  ]);
  scheduler.start();
  await pass(150);
  assert.equal(emitted.filter((line) => line.startsWith('good')).length, 15);
  assert.equal(tries, 4, 'after 20, 40 and 80 s');
  assert.equal(scheduler.states()[0]?.failures, 4);
  assert.ok((scheduler.states()[1]?.failures ?? 0) >= 3);
  works = true;
  await pass(200);
  assert.ok(emitted.some((line) => line.startsWith('bad')));
});

test('one that hangs is not started twice and does not hold up the others', async (t) => {
  const { scheduler, emitted, pass } = setUp(t);
  let started = 0;
  scheduler.setCollectors([
    {
      name: 'hangs',
      intervalMs: 10_000,
      collector: collector(() => {
        started += 1;
        return new Promise(() => {});
      }),
    },
    {
      name: 'good',
      intervalMs: 10_000,
      collector: collector(({ emit }) => emit({ type: 'y', values: [] })),
    },
  ]);
  scheduler.start();
  await pass(50);
  assert.equal(started, 1);
  assert.equal(scheduler.states()[0]?.overruns, 4);
  assert.equal(emitted.length, 5);
});

test('a clock set back or forward costs at most one interval', async (t) => {
  const { scheduler, emitted, pass, clockOffset } = setUp(t);
  scheduler.setCollectors([
    {
      name: 'a',
      intervalMs: 10_000,
      collector: collector(({ emit }) => emit({ type: 'x', values: [] })),
    },
  ]);
  scheduler.start();
  await pass(20);
  assert.equal(emitted.length, 2);
  clockOffset.ms = -86_400_123;
  await pass(30);
  assert.ok(emitted.length >= 4, `${emitted.length}`);
  clockOffset.ms = 86_400_123;
  await pass(30);
  assert.ok(emitted.length >= 6, `${emitted.length}`);
});

test('collectors can be exchanged while it runs; those that stay keep their state', async (t) => {
  const { scheduler, emitted, pass } = setUp(t);
  const kept = {
    name: 'a',
    intervalMs: 10_000,
    collector: collector(() => {
      throw new Error('x');
    }),
  };
  scheduler.setCollectors([kept]);
  scheduler.start();
  await pass(10);
  scheduler.setCollectors([
    kept,
    {
      name: 'b',
      intervalMs: 5000,
      collector: collector(({ emit }) => emit({ type: 'y', values: [] })),
    },
  ]);
  await pass(10);
  assert.equal(scheduler.states()[0]?.failures, 1);
  assert.equal(emitted.length, 2);
  scheduler.setCollectors([]);
  await pass(30);
  assert.equal(emitted.length, 2);
});
