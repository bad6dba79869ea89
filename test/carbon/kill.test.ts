// kill -9 at random moments under load: what was sent longer ago than the journal's interval is
// there afterwards, and no point is torn. KILL_ROUNDS=50 for the long form.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetchSeries, metricToPath } from '../../bundle/whisper/index.ts';
import { makeInstance, removeInstance, sendTcp, startCarbonProcess } from './carbon-process.ts';
import { randomFrom } from './fuzz.ts';

const rounds = Number(process.env['KILL_ROUNDS'] ?? 8);
const seriesCount = 50;
const intervalSeconds = 0.3;
// What a busy machine may take for the journal's write itself.
const slackMilliseconds = 700;

interface Sent {
  round: number;
  number: number;
  at: number;
}

test(`kill -9, ${rounds} times: nothing older than the interval is lost, nothing torn`, async (t) => {
  const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  const config = { journal: { intervalSeconds }, persister: { intervalSeconds: 0.05 } };
  const directory = makeInstance(config, '[all]\npattern = .*\nretentions = 1s:2h\n');
  t.after(() => removeInstance(directory));
  const base = Math.floor(Date.now() / 1000) - 6000;
  const perRound = Math.floor(5900 / rounds);
  const sent: Sent[] = [];
  const mustBeThere: Sent[] = [];
  for (let round = 0; round < rounds; round++) {
    const carbon = await startCarbonProcess(directory);
    t.after(() => carbon.end('SIGKILL'));
    const port = carbon.ports['tcp'] as number;
    const killAt = performance.now() + slackMilliseconds + 400 + random() * 800;
    let isOver = false;
    const thisRound: Sent[] = [];
    const sending = (async () => {
      for (let k = 0; k < perRound && !isOver; k++) {
        let lines = '';
        const number = round * perRound + k;
        for (let s = 0; s < seriesCount; s++)
          lines += `kill.s${s} ${number * seriesCount + s} ${base + number}\n`;
        // Closed means consumed: from here on the journal's interval runs.
        const isConsumed = await sendTcp(port, lines).then(
          () => true,
          () => false,
        );
        thisRound.push({
          round,
          number,
          at: isConsumed ? performance.now() : Number.POSITIVE_INFINITY,
        });
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, killAt - performance.now()));
    const killed = performance.now();
    await carbon.end('SIGKILL');
    isOver = true;
    await sending;
    const limit = killed - intervalSeconds * 1000 - slackMilliseconds;
    sent.push(...thisRound);
    mustBeThere.push(...thisRound.filter(({ at }) => at < limit));
  }
  const last = await startCarbonProcess(directory);
  assert.equal(await last.end('SIGTERM'), 0, last.log());

  assert.ok(mustBeThere.length > rounds * 5, `only ${mustBeThere.length} sendings are old enough`);
  const until = Math.floor(Date.now() / 1000);
  const sentNumbers = new Set(sent.map(({ number }) => number));
  const lost: string[] = [];
  for (let s = 0; s < seriesCount; s++) {
    const path = join(directory, 'storage/whisper', metricToPath(`kill.s${s}`));
    const series = fetchSeries(path, base - 1, until, until);
    assert.ok(series !== undefined);
    const valueAt = (number: number): number =>
      series.values[base + number - series.start] ?? Number.NaN;
    for (const { number, round } of mustBeThere)
      if (Number.isNaN(valueAt(number))) lost.push(`round ${round}, point ${number} of s${s}`);
    for (let number = 0; number < rounds * perRound; number++) {
      const value = valueAt(number);
      if (Number.isNaN(value)) continue;
      assert.equal(value, number * seriesCount + s, `torn: point ${number} of s${s}`);
      assert.ok(sentNumbers.has(number), `${number} was never sent`);
    }
  }
  assert.equal(
    lost.length,
    0,
    `seed ${seed}: ${lost.slice(0, 5).join('; ')} and ${lost.length} in all`,
  );
});

test('with interval 0 what a closed connection sent survives kill -9', async (t) => {
  const directory = makeInstance({
    journal: { intervalSeconds: 0 },
    persister: { intervalSeconds: 3600 },
  });
  t.after(() => removeInstance(directory));
  const base = Math.floor(Date.now() / 1000) - 1000;
  for (let round = 0; round < 3; round++) {
    const carbon = await startCarbonProcess(directory);
    t.after(() => carbon.end('SIGKILL'));
    let lines = '';
    for (let k = 0; k < 5000; k++)
      lines += `zero.s${k % 50} ${round * 5000 + k} ${base + round * 100 + Math.floor(k / 50)}\n`;
    await sendTcp(carbon.ports['tcp'] as number, lines);
    await carbon.end('SIGKILL');
  }
  const last = await startCarbonProcess(directory);
  assert.match(last.log(), /points=15000/);
  assert.equal(await last.end('SIGTERM'), 0);
  const until = Math.floor(Date.now() / 1000);
  for (let s = 0; s < 50; s++) {
    const path = join(directory, 'storage/whisper', metricToPath(`zero.s${s}`));
    const series = fetchSeries(path, base - 1, base + 299, until);
    assert.deepEqual(
      [...(series?.values ?? [])],
      Array.from({ length: 300 }, (_, k) => Math.floor(k / 100) * 5000 + (k % 100) * 50 + s),
    );
  }
});
