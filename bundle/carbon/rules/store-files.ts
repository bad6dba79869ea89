// Where an instance keeps its series and rules, for tools that work on them beside carbon.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import { metricToPath } from '../../whisper/index.ts';
import { carbonConfig } from '../config.ts';
import { readNamesFile } from '../metric-index/names-file.ts';

/** Absolute paths. */
export interface StoreFiles {
  /** The whisper directory. */
  directory: string;
  schemasFile: string;
  aggregationFile: string;
  indexDirectory: string;
  newSeriesRules: string;
  refusedSeries: string;
  /** As in metricToPath. */
  hashTagged: boolean;
}

/** Read from conf/carbon.yml of the instance in `home`; the defaults when there is none. */
export function storeFiles(home: string): StoreFiles {
  const file = join(home, 'conf/carbon.yml');
  const { storage } = existsSync(file) ? loadConfig(carbonConfig, file) : carbonConfig.parse({});
  return {
    directory: resolve(home, storage.directory),
    schemasFile: resolve(home, storage.schemas),
    aggregationFile: resolve(home, storage.aggregation),
    indexDirectory: resolve(home, storage.index),
    newSeriesRules: resolve(home, storage.newSeriesRules),
    refusedSeries: resolve(home, storage.refusedSeries),
    hashTagged: storage.hashTaggedNames,
  };
}

/**
 * The names of tagged series by their file, relative to the whisper directory: files are named by
 * hash, but carbon's index has written the names down. Empty without an index.
 */
export function taggedNames({ indexDirectory, hashTagged }: StoreFiles): Map<string, string> {
  const names = new Map<string, string>();
  if (!existsSync(indexDirectory)) return names;
  for (const file of readdirSync(indexDirectory)) {
    if (!/\.(snapshot|log)$/.test(file)) continue;
    try {
      readNamesFile(readFileSync(join(indexDirectory, file)), (name) => {
        if (name.includes(';')) names.set(metricToPath(name, { hashTagged }), name);
      });
    } catch (error) {
      // A damaged index only leaves more series without a name.
      if (!(error instanceof OperatingError)) throw error;
    }
  }
  return names;
}
