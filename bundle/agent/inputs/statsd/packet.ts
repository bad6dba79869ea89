// The StatsD line protocol: bucket:value|type[|@rate][|#tags], several lines a packet, several values
// a line. Text in, calls to a sink out; no sockets, no clock.

/** Where parsed values go. `bucket` and `tags` are as written; see metric-name.ts. */
export interface PacketSink {
  line(): void;
  counter(bucket: string, tags: string, value: number, rate: number): void;
  timer(bucket: string, tags: string, value: number, rate: number): void;
  gauge(bucket: string, tags: string, value: number, isChange: boolean): void;
  set(bucket: string, tags: string, value: string): void;
  event(event: DogEvent): void;
  badLine(line: string, reason: string): void;
}

/** A DogStatsD event, `_e{title length,text length}:title|text|…`. */
export interface DogEvent {
  title: string;
  text: string;
  /** Unix seconds, or undefined for the time of arrival. */
  when: number | undefined;
  tags: string[];
}

const lineCharactersMax = 8192;
const bar = 124;
const colon = 58;

/** A plain decimal such as 12, -3 or 0.25 without Number()'s detour; NaN for anything else. */
function simpleNumber(text: string, from: number, to: number): number {
  let at = from;
  const first = text.charCodeAt(at);
  const isNegative = first === 45;
  if (isNegative || first === 43) at += 1;
  if (at === to || to - at > 15) return Number.NaN;
  let digits = 0;
  let scale = 0;
  for (; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      digits = digits * 10 + (code - 48);
      if (scale > 0) scale *= 10;
    } else if (code === 46 && scale === 0) scale = 1;
    else return Number.NaN;
  }
  const value = scale > 1 ? digits / scale : digits;
  return isNegative ? -value : value;
}

function parseValue(text: string, from: number, to: number): number {
  const simple = simpleNumber(text, from, to);
  if (!Number.isNaN(simple)) return simple;
  const slice = text.slice(from, to);
  const value = /^\s*$/.test(slice) ? Number.NaN : Number(slice);
  return Number.isFinite(value) ? value : Number.NaN;
}

function parseEvent(line: string): DogEvent | undefined {
  const head = /^_e\{(\d+),(\d+)\}:/.exec(line);
  if (head === null) return undefined;
  const titleEnd = head[0].length + Number(head[1]);
  const textEnd = titleEnd + 1 + Number(head[2]);
  if (line[titleEnd] !== '|' || textEnd > line.length) return undefined;
  const event: DogEvent = {
    title: line.slice(head[0].length, titleEnd),
    text: line.slice(titleEnd + 1, textEnd).replaceAll('\\n', '\n'),
    when: undefined,
    tags: [],
  };
  for (const field of line.slice(textEnd).split('|')) {
    if (/^d:\d+$/.test(field)) event.when = Number(field.slice(2));
    else if (field.startsWith('#'))
      event.tags = field
        .slice(1)
        .split(',')
        .filter((tag) => tag !== '');
  }
  return event;
}

/** Values of one segment that have no type yet, `1:2:3|ms`: they take the type that follows. */
interface Segment {
  from: number;
  to: number;
}

function parseLine(text: string, from: number, to: number, sink: PacketSink): void {
  sink.line();
  if (to - from > lineCharactersMax) {
    sink.badLine(text.slice(from, from + 80), 'too long');
    return;
  }
  const line = text.slice(from, to);
  if (line.charCodeAt(0) === 95) {
    if (line.startsWith('_e{')) {
      const event = parseEvent(line);
      if (event === undefined) sink.badLine(line, 'not an event');
      else sink.event(event);
      return;
    }
    if (line.startsWith('_sc|')) {
      sink.badLine(line, 'service checks are not taken');
      return;
    }
  }
  const bucketEnd = bucketEndOf(line);
  if (bucketEnd === 0) {
    sink.badLine(line, 'no name');
    return;
  }
  const bucket = line.slice(0, bucketEnd);
  if (bucketEnd === line.length) {
    if (bucket.includes('|')) sink.badLine(line, 'no value');
    else sink.counter(bucket, '', 1, 1);
    return;
  }
  let tags = '';
  let end = line.length;
  const tagsAt = line.indexOf('|#', bucketEnd);
  if (tagsAt >= 0) {
    const tagsEnd = line.indexOf('|', tagsAt + 2);
    tags = line.slice(tagsAt + 2, tagsEnd < 0 ? line.length : tagsEnd);
    end = tagsAt;
  }
  parseValues(line, bucket, tags, bucketEnd + 1, end, sink);
}

// The colon that ends the name; one inside SignalFx's brackets does not count.
function bucketEndOf(line: string): number {
  let at = line.indexOf(':');
  const open = line.indexOf('[');
  if (open >= 0 && open < at) at = line.indexOf(':', line.indexOf(']', open));
  return at < 0 ? line.length : at;
}

function parseValues(
  line: string,
  bucket: string,
  tags: string,
  from: number,
  end: number,
  sink: PacketSink,
): void {
  let untyped: Segment[] | undefined;
  for (let at = from; at <= end; ) {
    let typeAt = -1;
    let rateAt = -1;
    let next = at;
    for (; next < end; next++) {
      const code = line.charCodeAt(next);
      if (code === colon) break;
      if (code === bar) {
        if (typeAt < 0) typeAt = next + 1;
        else if (rateAt < 0) rateAt = next + 1;
      }
    }
    if (typeAt < 0) {
      untyped ??= [];
      untyped.push({ from: at, to: next });
    } else {
      const type = line.slice(typeAt, rateAt < 0 ? next : rateAt - 1);
      const rate = rateAt < 0 ? 1 : rateOf(line, rateAt, next);
      if (Number.isNaN(rate)) sink.badLine(line, 'the sample rate is not a number over 0');
      else {
        for (const segment of untyped ?? [])
          give(line, bucket, tags, segment.from, segment.to, type, rate, sink);
        give(line, bucket, tags, at, typeAt - 1, type, rate, sink);
      }
      untyped = undefined;
    }
    at = next + 1;
  }
  if (untyped !== undefined) sink.badLine(line, 'no type');
}

function rateOf(line: string, from: number, to: number): number {
  const rest = line.indexOf('|', from);
  const end = rest < 0 || rest > to ? to : rest;
  if (line[from] !== '@') return Number.NaN;
  const rate = parseValue(line, from + 1, end);
  return rate > 0 ? rate : Number.NaN;
}

function give(
  line: string,
  bucket: string,
  tags: string,
  from: number,
  to: number,
  typeText: string,
  rate: number,
  sink: PacketSink,
): void {
  const type = typeText.length > 1 ? typeText.trim() : typeText;
  if (type === 's') {
    sink.set(bucket, tags, line.slice(from, to) || '0');
    return;
  }
  const value = parseValue(line, from, to);
  if (Number.isNaN(value)) {
    sink.badLine(line, 'the value is not a number');
    return;
  }
  switch (type) {
    case 'g': {
      const sign = line.charCodeAt(from);
      sink.gauge(bucket, tags, value, sign === 43 || sign === 45);
      return;
    }
    case 'ms':
    case 'h':
    case 'd':
      if (value < 0) sink.badLine(line, 'a timer cannot be negative');
      else sink.timer(bucket, tags, value, rate);
      return;
    default:
      sink.counter(bucket, tags, value, rate);
  }
}

/** Parses a datagram or a run of complete lines. */
export function parsePacket(text: string, sink: PacketSink): void {
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    const lineEnd = to > from && text.charCodeAt(to - 1) === 13 ? to - 1 : to;
    if (lineEnd > from) parseLine(text, from, lineEnd, sink);
    from = to + 1;
  }
}
