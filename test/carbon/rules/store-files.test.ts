// Where tools find an instance's series, and the names behind hashed files.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openMetricIndex } from '../../../bundle/carbon/metric-index/index.ts';
import { parseRules, planChanges } from '../../../bundle/carbon/rules/index.ts';
import { storeFiles, taggedNames } from '../../../bundle/carbon/rules/store-files.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import { createWhisper, metricToPath, parseRetentions } from '../../../bundle/whisper/index.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('without a configuration the defaults, with one its paths', () => {
  assert.equal(storeFiles(home).directory, join(home, 'storage/whisper'));
  mkdirSync(join(home, 'conf'));
  writeFileSync(
    join(home, 'conf/carbon.yml'),
    'storage:\n  directory: data\n  hashTaggedNames: false\n',
  );
  assert.deepEqual(storeFiles(home), {
    directory: join(home, 'data'),
    schemasFile: join(home, 'conf/storage-schemas.conf'),
    aggregationFile: join(home, 'conf/storage-aggregation.conf'),
    indexDirectory: join(home, 'storage/index'),
    newSeriesRules: join(home, 'conf/new-series.conf'),
    refusedSeries: join(home, 'storage/refused-series.json'),
    hashTagged: false,
  });
});

test('tagged series are planned under the names of the index; damage only costs names', async () => {
  const files = storeFiles(home);
  assert.equal(taggedNames(files).size, 0);
  const metric = 'disk;host=a;path=/';
  createWhisper(join(files.directory, metricToPath(metric)), {
    archives: parseRetentions('1m:1h'),
    sparse: true,
  });
  const { index, stop } = await openMetricIndex({
    whisperDirectory: files.directory,
    indexDirectory: files.indexDirectory,
    log: silentLogger,
    isCached: () => false,
    scanSeconds: 0,
  });
  index.add(metric);
  index.add('untagged.name');
  await stop();
  writeFileSync(join(files.indexDirectory, 'names-99.log'), 'junk');
  const namesByPath = taggedNames(files);
  assert.deepEqual([...namesByPath.values()], [metric]);
  const rules = parseRules({
    schemas: { text: '[disk]\npattern = ^disk\nretentions = 10s:1h\n', file: 's' },
  });
  const kinds = [undefined, namesByPath].map((names) =>
    [...planChanges(files.directory, rules, names && { namesByPath: names })].map(
      (file) => file.kind,
    ),
  );
  assert.deepEqual(kinds, [['nameless'], ['change']]);
});
