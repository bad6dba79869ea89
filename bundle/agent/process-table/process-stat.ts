// /proc/<pid>/stat from bytes: the one file read of every process at every collection, so no
// strings and no arrays are made of it.

/** Fields counted from the state (field 0), as proc(5) minus three. */
export const statFields = {
  minorFaults: 7,
  majorFaults: 9,
  userTicks: 11,
  systemTicks: 12,
  threads: 17,
  startTicks: 19,
  virtualBytes: 20,
  residentPages: 21,
} as const;

const fieldCount = 22;
const space = 0x20;
const zero = 0x30;
const nine = 0x39;
const openParenthesis = 0x28;
const closeParenthesis = 0x29;

export interface ProcessStat {
  /** ASCII code of the state letter. */
  state: number;
  /** By `statFields`; fields that are no numbers are 0. */
  values: Float64Array;
  /** Where the name stands in the bytes, without parentheses. */
  nameFrom: number;
  nameTo: number;
}

export const createProcessStat = (): ProcessStat => ({
  state: 0,
  values: new Float64Array(fieldCount),
  nameFrom: 0,
  nameTo: 0,
});

/** Parses `bytes` into `into`; false when they are not a whole stat line. */
export function parseProcessStat(bytes: Uint8Array, into: ProcessStat): boolean {
  // A name may hold anything, parentheses and line ends too: the last one closes it.
  const from = bytes.indexOf(openParenthesis);
  const to = bytes.lastIndexOf(closeParenthesis);
  if (from === -1 || to <= from || to + 2 >= bytes.length) return false;
  into.nameFrom = from + 1;
  into.nameTo = to;
  into.state = bytes[to + 2]!;
  let field = 0;
  let value = 0;
  for (let at = to + 2; at < bytes.length && field < fieldCount; at++) {
    const byte = bytes[at]!;
    if (byte >= zero && byte <= nine) value = value * 10 + (byte - zero);
    else if (byte === space) {
      into.values[field] = value;
      field += 1;
      value = 0;
    }
  }
  return field === fieldCount;
}
