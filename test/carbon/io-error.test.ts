// A disk that answers EIO, made by strace in a running carbon: writes of files wait and go on by
// themselves, the journal says what it does not protect, a read costs its own metric only.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fetchSeries, metricToPath } from '../../bundle/whisper/index.ts';
import {
  type CarbonProcess,
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from './carbon-process.ts';
import { failCalls, skipWithoutFaults } from './failing-disk.ts';

const options = { skip: skipWithoutFaults };
const names = Array.from({ length: 12 }, (_, k) => `io.s${k}`);
const base = Math.floor(Date.now() / 1000) - 300;

interface Store {
  directory: string;
  carbon: CarbonProcess;
  /** One point of each series, `at` seconds after base. */
  send(value: number, at: number, which?: readonly string[]): Promise<void>;
  stored(name: string, at: number): number | undefined;
  rendered(name: string, at: number): Promise<number | undefined>;
  /** A counter carbon keeps about itself: the sum of what was emitted. */
  counted(name: string): Promise<number>;
  files: string[];
}

async function start(t: TestContext, config: object = {}): Promise<Store> {
  const directory = makeInstance({
    persister: { intervalSeconds: 0.05 },
    journal: { intervalSeconds: 0.1 },
    selfMetrics: { intervalSeconds: 1, prefix: 'self' },
    ...config,
  });
  const carbon = await startCarbonProcess(directory);
  t.after(async () => {
    await carbon.end('SIGKILL');
    removeInstance(directory);
  });
  const pathOf = (name: string): string => join(directory, 'storage/whisper', metricToPath(name));
  const now = (): number => Math.floor(Date.now() / 1000);
  const stored = (name: string, at: number): number | undefined => {
    try {
      return fetchSeries(pathOf(name), base + at - 1, base + at, now())?.values[0];
    } catch {
      return undefined;
    }
  };
  const render = async (
    target: string,
    from: number,
    until: number,
  ): Promise<(number | undefined)[]> => {
    const server = `http://127.0.0.1:${carbon.ports['carbonserver']}`;
    const query = `format=json&target=${target}&from=${from}&until=${until}`;
    const response = await fetch(`${server}/render?${query}`);
    if (response.status !== 200) return [];
    const { metrics } = (await response.json()) as {
      metrics: { values: number[]; isAbsent: boolean[] }[];
    };
    const [{ values, isAbsent } = { values: [], isAbsent: [] }] = metrics;
    return values.map((value, k) => (isAbsent[k] === true ? undefined : value));
  };
  return {
    directory,
    carbon,
    files: names.map(pathOf),
    send: (value, at, which = names) =>
      sendTcp(
        carbon.ports['tcp'] as number,
        which.map((name) => `${name} ${value} ${base + at}\n`).join(''),
      ),
    stored,
    async rendered(name, at) {
      return (await render(name, base + at - 1, base + at))[0];
    },
    async counted(name) {
      const values = await render(`self.${name}`, base, now());
      return values.reduce((sum: number, value) => sum + (value ?? 0), 0);
    },
  };
}

test(
  'at EIO points wait, are readable, and are stored when the disk is well again',
  options,
  async (t) => {
    const store = await start(t);
    await store.send(1, 0);
    await waitFor('the files', () => names.every((name) => store.stored(name, 0) === 1));
    const recover = await failCalls(store.carbon.pid, 'pwrite64', store.files);
    t.after(recover);
    await store.send(2, 10);
    await waitFor('the complaint', () => /EIO/.test(store.carbon.log()));
    assert.equal(await store.rendered('io.s3', 10), 2);
    await waitFor(
      'the counter',
      async () => (await store.counted('persister.errors')) >= 2 * names.length,
    );
    assert.equal(names.filter((name) => store.stored(name, 10) === 2).length, 0);
    await recover();
    await waitFor('the points', () => names.every((name) => store.stored(name, 10) === 2));
    const emitted = await store.counted('ledger.stored');
    await waitFor('the ledger', async () => (await store.counted('ledger.stored')) > emitted);
    assert.equal(await store.counted('persister.quarantined'), 0);
    assert.equal(await store.counted('ledger.dropped'), 0);
    assert.equal(await store.carbon.end('SIGTERM'), 0);
    assert.ok(
      readdirSync(join(store.directory, 'storage/whisper/io')).every((f) => f.endsWith('.wsp')),
    );
  },
);

test('at EIO points survive kill -9 in the journal', options, async (t) => {
  const store = await start(t);
  await store.send(1, 0);
  await waitFor('the files', () => names.every((name) => store.stored(name, 0) === 1));
  const recover = await failCalls(store.carbon.pid, 'pwrite64', store.files);
  t.after(recover);
  await store.send(2, 10);
  await waitFor('the complaint', () => /EIO/.test(store.carbon.log()));
  await new Promise((resolve) => setTimeout(resolve, 1000)); // beyond the journal's interval
  await store.carbon.end('SIGKILL');
  await recover();
  const second = await startCarbonProcess(store.directory);
  t.after(() => second.end('SIGKILL'));
  await waitFor('the points', () => names.every((name) => store.stored(name, 10) === 2));
  assert.equal(await second.end('SIGTERM'), 0);
});

test('where every third write fails, each point gets there, none is torn', options, async (t) => {
  const store = await start(t);
  await store.send(1, 0);
  await waitFor('the files', () => names.every((name) => store.stored(name, 0) === 1));
  const recover = await failCalls(store.carbon.pid, 'pwrite64', store.files, '2+3');
  t.after(recover);
  for (let round = 1; round <= 5; round++) await store.send(round, 10 * round);
  const all = (): boolean =>
    [1, 2, 3, 4, 5].every((r) => names.every((name) => store.stored(name, 10 * r) === r));
  await waitFor('the points', all, 30_000);
  assert.match(store.carbon.log(), /EIO/);
  await recover();
  assert.equal(await store.carbon.end('SIGTERM'), 0);
  assert.ok(all());
});

test('new files at EIO leave nothing half made', options, async (t) => {
  const store = await start(t);
  await store.send(1, 0, ['before']);
  await waitFor('a file', () => store.stored('before', 0) === 1);
  const recover = await failCalls(store.carbon.pid, 'ftruncate,rename', [], undefined);
  t.after(recover);
  await store.send(1, 0);
  await waitFor('the complaint', () => /EIO/.test(store.carbon.log()));
  const folder = join(store.directory, 'storage/whisper/io');
  assert.ok(readdirSync(folder).every((file) => file.endsWith('.tmp')));
  await recover();
  await waitFor('the files', () => names.every((name) => store.stored(name, 0) === 1));
  assert.ok(readdirSync(folder).every((file) => file.endsWith('.wsp')));
  assert.equal(await store.carbon.end('SIGTERM'), 0);
});

test(
  'a journal at EIO says what it does not protect, and protects it again',
  options,
  async (t) => {
    // Nothing goes to files, so that only the journal can bring it back.
    const store = await start(t, { persister: { intervalSeconds: 3600 } });
    await store.send(1, 0);
    const journal = join(store.directory, 'storage/journal');
    const [segment] = await waitFor('the journal', () => {
      const segments = readdirSync(journal).filter((name) => name.endsWith('.journal'));
      return segments.length > 0 && segments;
    });
    const recover = await failCalls(store.carbon.pid, 'write,writev,pwrite64,pwritev', [
      join(journal, segment as string),
    ]);
    t.after(recover);
    await store.send(2, 10);
    await waitFor('the complaint', () =>
      /cannot write the journal, points are in memory only/.test(store.carbon.log()),
    );
    assert.equal(await store.rendered('io.s3', 10), 2);
    await recover();
    await waitFor('the recovery', () => /the journal is written again/.test(store.carbon.log()));
    await waitFor(
      'the counter',
      async () => (await store.counted('journal.unprotectedPoints')) >= names.length,
    );
    await store.carbon.end('SIGKILL');
    const second = await startCarbonProcess(store.directory);
    t.after(() => second.end('SIGKILL'));
    assert.equal(await second.end('SIGTERM'), 0);
    for (const name of names) {
      assert.equal(store.stored(name, 0), 1);
      assert.equal(store.stored(name, 10), 2);
    }
  },
);

test(
  'a file that cannot be read costs its own metric only, and is read again',
  options,
  async (t) => {
    const store = await start(t);
    await store.send(1, 0);
    await waitFor('the files', () => names.every((name) => store.stored(name, 0) === 1));
    const recover = await failCalls(store.carbon.pid, 'pread64', [store.files[0] as string]);
    t.after(recover);
    assert.equal(await store.rendered('io.s0', 0), undefined);
    assert.equal(await store.rendered('io.s1', 0), 1);
    assert.match(store.carbon.log(), /cannot read a series: EIO.*io\.s0/);
    await waitFor(
      'the counter',
      async () => (await store.counted('carbonserver.metrics_unreadable')) >= 1,
    );
    await recover();
    assert.equal(await store.rendered('io.s0', 0), 1);
    assert.equal(await store.carbon.end('SIGTERM'), 0);
  },
);
