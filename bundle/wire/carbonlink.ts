// carbonlink: how graphite-web asks carbon for points that are not on disk yet.
//
//   frame    = u32 big endian bytes of the pickle, pickle
//   request  = {"type": "cache-query", "metric": m}           -> {"datapoints": [(time, value), …]}
//              {"type": "cache-query-bulk", "metrics": [m…]}  -> {"datapointsByMetric": {m: [(t, v)…]}}
//              {"type": "get-metadata", "metric": m, "key": k}              -> {"value": v}
//              {"type": "set-metadata", "metric": m, "key": k, "value": v}  -> {"old_value", "new_value"}
//   an answer to something else is {"error": text}
//
// https://graphite.readthedocs.io/en/latest/carbon-daemons.html (carbon-cache, CACHE_QUERY_PORT)
import { OperatingError } from '../core/errors.ts';
import { decodePickle, encodePickle, type PickleValue, PickleWriter } from './pickle.ts';

export const carbonlinkHeaderBytes = 4;
/** A request names at most some thousand metrics. */
export const carbonlinkRequestBytesMax = 1024 * 1024;

export type CarbonlinkRequest =
  | { type: 'cache-query'; metric: string }
  | { type: 'cache-query-bulk'; metrics: string[] }
  | { type: 'get-metadata'; metric: string; key: string }
  | { type: 'set-metadata'; metric: string; key: string; value: PickleValue };

const requestLimits = { valuesMax: 100_000, depthMax: 4 };

function bad(what: string): OperatingError {
  return new OperatingError('bad-carbonlink', `cannot read the carbonlink request: ${what}`);
}

/** The pickle of one request. Throws an OperatingError `bad-carbonlink` or `bad-pickle`. */
export function decodeCarbonlinkRequest(pickle: Uint8Array): CarbonlinkRequest {
  const fields = decodePickle(pickle, requestLimits);
  if (!(fields instanceof Map)) throw bad('it is not a dict');
  const type = fields.get('type');
  if (type === 'cache-query') return { type, metric: textIn(fields, 'metric') };
  if (type === 'cache-query-bulk') {
    const metrics = fields.get('metrics');
    if (!Array.isArray(metrics)) throw bad('it has no metrics');
    return { type, metrics: metrics.map((metric) => textOf(metric, 'metrics')) };
  }
  if (type === 'get-metadata')
    return { type, metric: textIn(fields, 'metric'), key: textIn(fields, 'key') };
  if (type === 'set-metadata')
    return {
      type,
      metric: textIn(fields, 'metric'),
      key: textIn(fields, 'key'),
      value: fields.get('value') ?? null,
    };
  throw bad(
    `unknown type ${JSON.stringify(type instanceof Map ? 'dict' : String(type)).slice(0, 80)}`,
  );
}

function textIn(fields: Map<PickleValue, PickleValue>, key: string): string {
  return textOf(fields.get(key), key);
}

function textOf(value: PickleValue | undefined, key: string): string {
  if (typeof value === 'string') return value;
  // Python 3 clients may send byte strings.
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  throw bad(`"${key}" is not a string`);
}

/** A pickle with its length in front. */
function frame(pickle: Buffer): Buffer {
  const header = Buffer.alloc(carbonlinkHeaderBytes);
  header.writeUInt32BE(pickle.length);
  return Buffer.concat([header, pickle]);
}

export function encodeCarbonlinkRequest(request: CarbonlinkRequest): Buffer {
  return frame(encodePickle(new Map(Object.entries(request) as [string, PickleValue][])));
}

export interface CarbonlinkPoints {
  /** Unix seconds. */
  times: Float64Array;
  values: Float64Array;
}

function writePoints(writer: PickleWriter, { times, values }: CarbonlinkPoints): void {
  writer.list();
  writer.openItems();
  for (let i = 0; i < times.length; i++) {
    writer.int(Math.floor(times[i]!));
    writer.float(values[i]!);
    writer.pair();
  }
  writer.closeItems();
}

/** A whole frame. */
export function encodeCacheQueryAnswer(points: CarbonlinkPoints): Buffer {
  const writer = new PickleWriter(64 + points.times.length * 16);
  writer.begin();
  writer.dict();
  writer.openItems();
  writer.string('datapoints');
  writePoints(writer, points);
  writer.closePairs();
  writer.end();
  return frame(writer.finish());
}

/** A whole frame; metrics without points may be left out. */
export function encodeCacheQueryBulkAnswer(
  answers: readonly { metric: string; points: CarbonlinkPoints }[],
): Buffer {
  const writer = new PickleWriter();
  writer.begin();
  writer.dict();
  writer.openItems();
  writer.string('datapointsByMetric');
  writer.dict();
  writer.openItems();
  for (const { metric, points } of answers) {
    writer.string(metric);
    writePoints(writer, points);
  }
  writer.closePairs();
  writer.closePairs();
  writer.end();
  return frame(writer.finish());
}

/** A whole frame with plain fields: value, error and the like. */
export function encodeCarbonlinkAnswer(fields: Record<string, PickleValue>): Buffer {
  return frame(encodePickle(new Map(Object.entries(fields))));
}

/** The fields of an answer's pickle. Throws an OperatingError `bad-carbonlink` or `bad-pickle`. */
export function decodeCarbonlinkAnswer(pickle: Uint8Array): Map<PickleValue, PickleValue> {
  const fields = decodePickle(pickle);
  if (!(fields instanceof Map)) throw bad('the answer is not a dict');
  return fields;
}
