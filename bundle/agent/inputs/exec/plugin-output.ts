// What a Nagios plugin prints: a line of text, then `|` and performance data, then more of both.
// https://nagios-plugins.org/doc/guidelines.html

export interface PerformanceValue {
  /** As the plugin wrote it, quotes removed. */
  label: string;
  /** NaN when the plugin said U. In base units: seconds, bytes, percent as they come. */
  value: number;
  /** s, B, %, c (a counter) or empty. */
  unit: 's' | 'B' | '%' | 'c' | '';
  warn: string;
  crit: string;
  min: number;
  max: number;
}

export interface PluginOutput {
  /** The first line, without performance data. */
  text: string;
  longText: string;
  values: PerformanceValue[];
  /** Pieces of performance data that follow no grammar, as written. */
  bad: string[];
}

const valuesMax = 1000;

const units: Record<string, [PerformanceValue['unit'], number]> = {
  '': ['', 1],
  s: ['s', 1],
  ms: ['s', 1e-3],
  us: ['s', 1e-6],
  ns: ['s', 1e-9],
  '%': ['%', 1],
  c: ['c', 1],
  b: ['B', 1],
  kb: ['B', 1024],
  kib: ['B', 1024],
  mb: ['B', 1024 ** 2],
  mib: ['B', 1024 ** 2],
  gb: ['B', 1024 ** 3],
  gib: ['B', 1024 ** 3],
  tb: ['B', 1024 ** 4],
  tib: ['B', 1024 ** 4],
  pb: ['B', 1024 ** 5],
};

// 'quoted ''label'''= or bare=, then the value up to white space
const item = /\s*(?:'((?:[^']|'')*)'|([^\s='][^=]*?))=(\S*)/y;
const number = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([^\d.;]*)$/;

function optionalNumber(text: string | undefined, scale: number): number {
  return text === undefined || text === '' ? Number.NaN : Number(text) * scale;
}

function parseItem(label: string, text: string): PerformanceValue | undefined {
  const [first = '', warn = '', crit = '', min, max] = text.split(';');
  const unknown = { label, value: Number.NaN, unit: '', warn, crit } as const;
  if (first === 'U')
    return { ...unknown, min: optionalNumber(min, 1), max: optionalNumber(max, 1) };
  const match = number.exec(first);
  if (match === null) return undefined;
  // an unknown unit is a unit of its own and changes nothing
  const [unit, scale] = units[(match[2] ?? '').toLowerCase()] ?? ['', 1];
  return {
    ...unknown,
    value: Number(match[1]) * scale,
    unit,
    min: optionalNumber(min, scale),
    max: optionalNumber(max, scale),
  };
}

/** Parses performance data; what cannot be read is returned in `bad` and costs nothing else. */
export function parsePerformanceData(text: string): Pick<PluginOutput, 'values' | 'bad'> {
  const values: PerformanceValue[] = [];
  const bad: string[] = [];
  item.lastIndex = 0;
  for (let at = 0; values.length < valuesMax && at < text.length; ) {
    item.lastIndex = at;
    const match = item.exec(text);
    if (match === null) {
      const rest = text.slice(at).trim();
      if (rest !== '') bad.push(rest.slice(0, 200));
      break;
    }
    at = item.lastIndex;
    const label = match[1]?.replaceAll("''", "'") ?? match[2] ?? '';
    const value = parseItem(label, match[3] ?? '');
    if (value === undefined || label === '') bad.push(match[0].trim().slice(0, 200));
    else values.push(value);
  }
  return { values, bad };
}

/** Parses everything a plugin printed. */
export function parsePluginOutput(output: string): PluginOutput {
  const lines = output.split(/\r?\n/);
  const [text = '', ...firstData] = (lines[0] ?? '').split('|');
  const longLines: string[] = [];
  const data = [firstData.join('|')];
  let isData = false;
  for (const line of lines.slice(1)) {
    if (isData) data.push(line);
    else if (line.includes('|')) {
      longLines.push(line.slice(0, line.indexOf('|')));
      data.push(line.slice(line.indexOf('|') + 1));
      isData = true;
    } else longLines.push(line);
  }
  return {
    text: text.trim(),
    longText: longLines.join('\n').trim(),
    ...parsePerformanceData(data.join(' ')),
  };
}
