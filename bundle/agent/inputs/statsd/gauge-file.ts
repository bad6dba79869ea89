// Gauges over a restart: a small JSON file, replaced whole.
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../../core/atomic-file.ts';
import { codeOf, messageOf } from '../../../core/errors.ts';
import type { Logger } from '../../../core/log.ts';
import type { Aggregate } from './aggregate.ts';

/** Puts the kept gauges into the aggregate; a missing or broken file keeps none and says so. */
export function loadGauges(file: string, aggregate: Aggregate, log: Logger): void {
  try {
    const gauges = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    for (const [name, value] of Object.entries(gauges)) {
      const bucket = typeof value === 'number' ? aggregate.bucketNamed(name) : undefined;
      if (bucket !== undefined) bucket.gauge = value as number;
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') log.warn(`gauges were not kept: ${messageOf(error)}`, { file });
  }
}

export async function saveGauges(file: string, aggregate: Aggregate): Promise<void> {
  const gauges: Record<string, number> = {};
  for (const bucket of aggregate.buckets.values()) {
    if (bucket.gauge !== undefined) gauges[bucket.name] = bucket.gauge;
  }
  await writeFileAtomic(file, `${JSON.stringify(gauges)}\n`, 0o600);
}
