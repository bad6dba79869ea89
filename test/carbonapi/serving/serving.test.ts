import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from '../../../bundle/carbonapi/serving/admission.ts';
import { AnswerCache } from '../../../bundle/carbonapi/serving/answer-cache.ts';
import { InFlight } from '../../../bundle/carbonapi/serving/in-flight.ts';
import { Turns } from '../../../bundle/carbonapi/serving/turn.ts';

const never = new AbortController().signal;

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

test('a cache keeps answers for their time and within its bytes', () => {
  let now = 0;
  const cache = new AnswerCache<string>(10_000, () => now);
  cache.set('a', 'A', 1000, 100);
  assert.equal(cache.get('a'), 'A');
  now = 100;
  assert.equal(cache.get('a'), undefined);
  assert.equal(cache.bytes, 0);
  for (let i = 0; i < 100; i++) {
    cache.set(`k${i}`, 'x', 1000, 100);
    cache.get('k0');
    assert.ok(cache.bytes <= 10_000);
  }
  assert.equal(cache.get('k0'), 'x', 'what is used stays');
  assert.equal(cache.get('k50'), undefined, 'what is not goes');
  cache.set('huge', 'x', 9000, 100);
  assert.equal(cache.get('huge'), undefined);
});

test('answers that are out of date do not stay until the room is needed', () => {
  let now = 0;
  const gone: string[] = [];
  const cache = new AnswerCache<string>(
    10_000,
    () => now,
    (value) => gone.push(value),
  );
  cache.set('a', 'A', 1000, 100);
  now = 50;
  cache.set('b', 'B', 1000, 100);
  now = 100;
  cache.set('c', 'C', 1000, 100);
  assert.deepEqual(gone, ['A']);
  assert.equal(cache.get('b'), 'B');
});

test('a cache without room keeps nothing', () => {
  const cache = new AnswerCache<string>(0, () => 0);
  cache.set('a', 'A', 1, 100);
  assert.equal(cache.get('a'), undefined);
});

test('identical work in flight is done once, later work again', async () => {
  const flights = new InFlight<number>();
  let started = 0;
  const gate = deferred<number>();
  const work = () => {
    started++;
    return gate.promise;
  };
  const answers = [1, 2, 3].map(() => flights.run('k', never, work));
  const other = flights.run('other', never, async () => 9);
  gate.resolve(7);
  assert.deepEqual(await Promise.all(answers), [7, 7, 7]);
  assert.equal(await other, 9);
  assert.equal(started, 1);
  assert.equal(flights.joined, 2);
  assert.equal(await flights.run('k', never, async () => 8), 8);
});

test('work is cancelled when its last waiter leaves, not before', async () => {
  const flights = new InFlight<number>();
  const [first, second] = [new AbortController(), new AbortController()];
  let seen: AbortSignal | undefined;
  const work = (signal: AbortSignal) => {
    seen = signal;
    return new Promise<number>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('stopped'))),
    );
  };
  const one = flights.run('k', first.signal, work);
  const two = flights.run('k', second.signal, work);
  first.abort();
  await assert.rejects(one, { code: 'cancelled' });
  assert.equal(seen?.aborted, false);
  second.abort();
  await assert.rejects(two);
  assert.equal(seen?.aborted, true);
});

test('admission lets in so many, over all and for one client, in order', async () => {
  const admission = new Admission({ concurrent: 2, perClient: 1, waiting: 2 });
  const order: string[] = [];
  const gates = ['a1', 'a2', 'b1', 'c1'].map((name) => ({ name, gate: deferred<void>() }));
  const runs = gates.map(({ name, gate }) =>
    admission.run(name.charAt(0), never, async () => {
      order.push(name);
      await gate.promise;
    }),
  );
  await Promise.resolve();
  assert.deepEqual(order, ['a1', 'b1'], 'a second one of client a waits');
  assert.equal(admission.waiting, 2);
  await assert.rejects(
    admission.run('d', never, async () => {}),
    { code: 'too-busy' },
  );
  gates[2]?.gate.resolve();
  await runs[2];
  await new Promise(setImmediate);
  assert.deepEqual(order, ['a1', 'b1', 'c1']);
  gates[0]?.gate.resolve();
  await runs[0];
  await new Promise(setImmediate);
  assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2']);
  for (const { gate } of gates) gate.resolve();
  await Promise.all(runs);
  assert.equal(admission.running, 0);
});

test('a waiter that goes away leaves the queue', async () => {
  const admission = new Admission({ concurrent: 1, perClient: 1, waiting: 5 });
  const gate = deferred<void>();
  const running = admission.run('a', never, () => gate.promise);
  const abort = new AbortController();
  const waiting = admission.run('b', abort.signal, async () => assert.fail('it must not run'));
  abort.abort();
  await assert.rejects(waiting, { code: 'cancelled' });
  assert.equal(admission.waiting, 0);
  gate.resolve();
  await running;
});

test('paused work goes on one piece per round of the event loop', async () => {
  const rounds: number[] = [];
  let round = 0;
  const count = (): void => {
    round++;
    if (rounds.length < 3) setImmediate(count);
  };
  const busy = new Turns();
  const until = performance.now() + 10;
  while (performance.now() < until);
  assert.equal(new Turns().pause(), undefined, 'a fresh slice needs no pause');
  const pauses = [1, 2, 3].map(() => busy.pause()?.then(() => rounds.push(round)));
  assert.ok(pauses.every((pause) => pause !== undefined));
  setImmediate(count);
  await Promise.all(pauses);
  assert.equal(new Set(rounds).size, 3, `each in a round of its own: ${rounds}`);
});

test('a request does not wait for its turn for ever', async () => {
  const admission = new Admission({ concurrent: 1, perClient: 1, waiting: 5, timeSeconds: 0.05 });
  const gate = deferred<void>();
  const running = admission.run('a', never, () => gate.promise);
  const late = admission.run('b', never, async () => assert.fail('it must not run'));
  await assert.rejects(late, {
    code: 'too-busy',
    message: /waited 0\.05 s \(limits\.timeSeconds\)/,
  });
  assert.deepEqual([admission.waiting, admission.refused], [0, 1]);
  gate.resolve();
  await running;
});
