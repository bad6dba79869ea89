// What a storage rule is.
import type { AggregationMethod, ArchiveSpec } from '../../whisper/index.ts';
import type { Pattern } from './pattern.ts';

interface Rule {
  /** The section's name. */
  name: string;
  pattern: Pattern;
  /** Line of the section in its file; 0 for the built-in default. */
  line: number;
}

/** A section of storage-schemas.conf. */
export interface SchemaRule extends Rule {
  /** Finest first. */
  archives: ArchiveSpec[];
}

/** A section of storage-aggregation.conf. */
export interface AggregationRule extends Rule {
  aggregationMethod: AggregationMethod;
  xFilesFactor: number;
}

/** What a new series gets; everything createWhisper needs. */
export interface MetricRule {
  archives: ArchiveSpec[];
  aggregationMethod: AggregationMethod;
  xFilesFactor: number;
  schema: SchemaRule;
  aggregation: AggregationRule;
}
