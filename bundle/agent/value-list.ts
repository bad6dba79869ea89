// One reading as collectd models it: whose it is (host, plugin, type and their instances) and one
// value for each data source of the type.
import type { ValueKind } from './value-types.ts';

export interface ValueList {
  /** Already in the form used in names; the agent's own host name when absent. */
  host?: string;
  plugin: string;
  pluginInstance?: string;
  type: string;
  typeInstance?: string;
  /** One for each data source of `type`; NaN is unknown. Counters of 64 bits may be bigint. */
  values: readonly (number | bigint)[];
  /** When the values were read, milliseconds since the epoch; now when absent. */
  timeMs?: number;
  /** Kinds that came with the values, where they differ from the type's own. */
  kinds?: readonly ValueKind[];
}
