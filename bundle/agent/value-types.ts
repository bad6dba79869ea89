// Value kinds and ranges: what collectd's types.db says of each type. Names of data sources and
// bounds come from here and from nowhere else.
import { OperatingError } from '../core/errors.ts';
import { manySourceTypes, singleSourceTypes } from './value-type-table.ts';

/**
 * gauge: sent as it is. derive: a counter that may be reset, sent as a rate. counter: a counter
 * that wraps at 32 or 64 bits. absolute: counted since the last reading.
 */
export type ValueKind = 'gauge' | 'derive' | 'counter' | 'absolute';

export interface DataSource {
  name: string;
  kind: ValueKind;
  /** Values outside min..max are unknown and not sent. */
  min: number;
  max: number;
}

export type ValueTypes = ReadonlyMap<string, readonly DataSource[]>;

const kinds: Record<string, ValueKind> = {
  GAUGE: 'gauge',
  DERIVE: 'derive',
  COUNTER: 'counter',
  ABSOLUTE: 'absolute',
};

function parseDataSource(text: string): DataSource | undefined {
  const [name = '', kindText = '', min = '', max = ''] = text.split(':');
  const kind = kinds[kindText];
  const lower = min === 'U' ? Number.NEGATIVE_INFINITY : Number(min);
  const upper = max === 'U' ? Number.POSITIVE_INFINITY : Number(max);
  if (name === '' || kind === undefined || Number.isNaN(lower) || Number.isNaN(upper))
    return undefined;
  return { name, kind, min: lower, max: upper };
}

function knownDataSource(text: string): DataSource {
  const source = parseDataSource(text);
  if (source === undefined) throw new Error(`BUG: data source ${text}`);
  return source;
}

function buildTable(): Map<string, readonly DataSource[]> {
  const table = new Map<string, readonly DataSource[]>();
  for (const [bounds, names] of Object.entries(singleSourceTypes)) {
    const sources = [knownDataSource(`value:${bounds}`)];
    for (const name of names.split(' ')) table.set(name, sources);
  }
  for (const [name, sources] of Object.entries(manySourceTypes))
    table.set(name, sources.split(' ').map(knownDataSource));
  return table;
}

/** Every type collectd 5.12 ships, by name. */
export const valueTypes: ValueTypes = buildTable();

/**
 * Parses the text of a types.db: `type name:KIND:min:max[, …]` a line, `#` begins a comment.
 * Throws an OperatingError with code `bad-types-db` naming file and line.
 */
export function parseTypesDb(text: string, file: string): ValueTypes {
  const table = new Map<string, readonly DataSource[]>();
  text.split('\n').forEach((line, index) => {
    const words = line
      .replace(/#.*/, '')
      .split(/[\s,]+/)
      .filter((word) => word !== '');
    const [type, ...rest] = words;
    if (type === undefined) return;
    const sources = rest.map(parseDataSource);
    if (rest.length === 0 || sources.includes(undefined)) {
      throw new OperatingError(
        'bad-types-db',
        `${file}:${index + 1}: cannot read the type ${JSON.stringify(line.trim())}`,
      );
    }
    table.set(type, sources as DataSource[]);
  });
  return table;
}
