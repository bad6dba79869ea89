// What Graphite calls the metadata of a metric, of which Whisper files have one key: how points are
// rolled up into coarser archives.
import { codeOf, OperatingError } from '../core/errors.ts';
import type { Cache } from './cache/cache.ts';
import type { MergedReader } from './cache/merged-reader.ts';
import { canonicalName } from './metric-index/index.ts';
import type { ThreadWriter } from './persister/thread-writer.ts';

const metadataKey = 'aggregationMethod';

export interface MetadataChange {
  metric: string;
  key: string;
  value: string;
}

/** Carries out a change; resolves to the value until now. Rejects with an OperatingError. */
export type SetMetadata = (change: MetadataChange) => Promise<string>;

/** Changes the file in the writing thread, then makes the reading side look again. */
export function metadataSetter(parts: {
  cache: Cache;
  reader: MergedReader;
  writer: ThreadWriter;
}): SetMetadata {
  return async ({ metric, key, value }) => {
    if (key !== metadataKey)
      throw new OperatingError(
        'unknown-key',
        `there is no metadata key ${JSON.stringify(key.slice(0, 80))}; known is ${metadataKey}`,
      );
    const name = canonicalName(metric);
    try {
      return await parts.writer.setAggregation(name, parts.cache.idOf(name), value);
    } catch (error) {
      if (codeOf(error) !== 'whisper-missing') throw error;
      throw new OperatingError('no-metric', `no file is there for ${metric.slice(0, 200)}`);
    } finally {
      parts.reader.reopen(name);
    }
  };
}
