// collectd's binary network protocol, one datagram: a run of parts, each u16 type, u16 length (with
// these 4 bytes), body. Integers are big-endian, gauges little-endian doubles.
//
//   0x0000 host  0x0002 plugin  0x0003 plugin instance  0x0004 type  0x0005 type instance   text, NUL
//   0x0001 time (s)  0x0008 time (2^-30 s)  0x0007 interval (s)  0x0009 interval (2^-30 s)  u64
//   0x0006 values      u16 count, count kind bytes, count 8-byte values
//   0x0100 message  0x0101 severity                                              notifications
//   0x0200 signature   32 bytes HMAC-SHA256(password, user + rest), user name
//   0x0210 encryption  u16 user length, user, 16 bytes IV, AES-256-OFB{ SHA-1 of payload, payload }
//
// https://collectd.org/wiki/index.php/Binary_protocol
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type CollectdKind = 'counter' | 'gauge' | 'derive' | 'absolute';

/** One value list of a datagram. `values` and `kinds` have equal lengths. */
export interface CollectdValueList {
  host: string;
  plugin: string;
  pluginInstance: string;
  type: string;
  typeInstance: string;
  /** Milliseconds since the epoch. */
  timeMs: number;
  intervalMs: number;
  kinds: CollectdKind[];
  /** Doubles for gauges, else exact 64-bit integers. */
  values: (number | bigint)[];
}

export interface CollectdNotification {
  host: string;
  plugin: string;
  type: string;
  timeMs: number;
  /** 1 failure, 2 warning, 4 okay. */
  severity: number;
  message: string;
}

export type SecurityLevel = 'none' | 'sign' | 'encrypt';

export interface CollectdSecurity {
  /** The least that is accepted; what is signed or encrypted is verified at every level. */
  level: SecurityLevel;
  /** The password of a user, or undefined. */
  passwordOf(user: string): string | undefined;
}

export interface CollectdSink {
  values(list: CollectdValueList): void;
  notification(notification: CollectdNotification): void;
  /** Something was refused; what came before it in the datagram stands. */
  reject(reason: CollectdRejection): void;
}

export type CollectdRejection =
  | 'truncated'
  | 'bad-part'
  | 'too-deep'
  | 'not-signed'
  | 'not-encrypted'
  | 'unknown-user'
  | 'bad-signature'
  | 'bad-checksum';

const headerBytes = 4;
const valueBytes = 9; // kind and value
const signatureBytes = 32;
const ivBytes = 16;
const sha1Bytes = 20;
const kinds: readonly CollectdKind[] = ['counter', 'gauge', 'derive', 'absolute'];
const highResolution = 1000 / 2 ** 30;

interface State {
  host: string;
  plugin: string;
  pluginInstance: string;
  type: string;
  typeInstance: string;
  timeMs: number;
  intervalMs: number;
  severity: number;
}

function textOf(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('utf8', 0, end < 0 ? body.length : end);
}

function readValues(body: Buffer): Pick<CollectdValueList, 'kinds' | 'values'> | undefined {
  if (body.length < 2) return undefined;
  const count = body.readUInt16BE(0);
  if (count === 0 || body.length !== 2 + count * valueBytes) return undefined;
  const list: Pick<CollectdValueList, 'kinds' | 'values'> = { kinds: [], values: [] };
  for (let i = 0; i < count; i++) {
    const kind = kinds[body[2 + i] ?? 255];
    if (kind === undefined) return undefined;
    const at = 2 + count + i * 8;
    list.kinds.push(kind);
    if (kind === 'gauge') list.values.push(body.readDoubleLE(at));
    else list.values.push(kind === 'derive' ? body.readBigInt64BE(at) : body.readBigUInt64BE(at));
  }
  return list;
}

const textParts: Partial<
  Record<number, 'host' | 'plugin' | 'pluginInstance' | 'type' | 'typeInstance'>
> = {
  0: 'host',
  2: 'plugin',
  3: 'pluginInstance',
  4: 'type',
  5: 'typeInstance',
};

/** Numbers and what they are multiplied by to become milliseconds (or stay what they are). */
const numberParts: Partial<Record<number, ['timeMs' | 'intervalMs' | 'severity', number]>> = {
  1: ['timeMs', 1000],
  8: ['timeMs', highResolution],
  7: ['intervalMs', 1000],
  9: ['intervalMs', highResolution],
  257: ['severity', 1],
};

// Whether the part was understood; a part of an unknown type is.
function readPart(type: number, body: Buffer, state: State, sink: CollectdSink): boolean {
  const text = textParts[type];
  if (text !== undefined) {
    state[text] = textOf(body);
    return true;
  }
  const number = numberParts[type];
  if (number !== undefined) {
    if (body.length !== 8) return false;
    const [field, factor] = number;
    state[field] = Number(body.readBigUInt64BE(0)) * factor;
    return true;
  }
  if (type === 0x0100) {
    const { host, plugin, type: kind, timeMs, severity } = state;
    sink.notification({ host, plugin, type: kind, timeMs, severity, message: textOf(body) });
    return true;
  }
  if (type !== 0x0006) return true;
  const list = readValues(body);
  if (list === undefined || state.plugin === '' || state.type === '') return false;
  const { severity: _severity, ...identity } = state;
  sink.values({ ...identity, ...list });
  return true;
}

function verify(
  body: Buffer,
  rest: Buffer,
  security: CollectdSecurity,
): CollectdRejection | undefined {
  if (body.length <= signatureBytes) return 'bad-part';
  const user = body.subarray(signatureBytes);
  const password = security.passwordOf(user.toString('utf8'));
  if (password === undefined) return 'unknown-user';
  const expected = createHmac('sha256', password).update(user).update(rest).digest();
  return timingSafeEqual(expected, body.subarray(0, signatureBytes)) ? undefined : 'bad-signature';
}

function decrypt(body: Buffer, security: CollectdSecurity): Buffer | CollectdRejection {
  if (body.length < 2) return 'bad-part';
  const userEnd = 2 + body.readUInt16BE(0);
  if (body.length < userEnd + ivBytes + sha1Bytes) return 'bad-part';
  const password = security.passwordOf(body.toString('utf8', 2, userEnd));
  if (password === undefined) return 'unknown-user';
  const key = createHash('sha256').update(password).digest();
  const decipher = createDecipheriv('aes-256-ofb', key, body.subarray(userEnd, userEnd + ivBytes));
  const plain = Buffer.concat([
    decipher.update(body.subarray(userEnd + ivBytes)),
    decipher.final(),
  ]);
  const payload = plain.subarray(sha1Bytes);
  const checksum = createHash('sha1').update(payload).digest();
  return timingSafeEqual(checksum, plain.subarray(0, sha1Bytes)) ? payload : 'bad-checksum';
}

/** What the parts read so far were protected by. */
type Protection = SecurityLevel;

const securityOrder: readonly SecurityLevel[] = ['none', 'sign', 'encrypt'];

function isEnough(protection: Protection, level: SecurityLevel): boolean {
  return securityOrder.indexOf(protection) >= securityOrder.indexOf(level);
}

// Reads parts until the end or the first that is refused.
function readParts(
  parts: Buffer,
  protection: Protection,
  security: CollectdSecurity,
  state: State,
  sink: CollectdSink,
): CollectdRejection | undefined {
  let granted = protection;
  for (let at = 0; at < parts.length; ) {
    if (parts.length - at < headerBytes) return 'truncated';
    const type = parts.readUInt16BE(at);
    const length = parts.readUInt16BE(at + 2);
    if (length <= headerBytes) return 'bad-part';
    if (at + length > parts.length) return 'truncated';
    const body = parts.subarray(at + headerBytes, at + length);
    at += length;
    let problem: CollectdRejection | undefined;
    if (type === 0x0200) {
      problem = verify(body, parts.subarray(at), security);
      if (granted === 'none') granted = 'sign';
    } else if (type === 0x0210) {
      if (protection === 'encrypt') return 'too-deep';
      const payload = decrypt(body, security);
      problem =
        typeof payload === 'string'
          ? payload
          : readParts(payload, 'encrypt', security, state, sink);
    } else if (!isEnough(granted, security.level)) {
      problem = security.level === 'sign' ? 'not-signed' : 'not-encrypted';
    } else if (!readPart(type, body, state, sink)) problem = 'bad-part';
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * Reads one datagram into `sink`. Never throws on what came over the network. With level `none`
 * what is signed or encrypted must still verify, so that a wrong password shows.
 */
export function decodeCollectdDatagram(
  datagram: Buffer,
  security: CollectdSecurity,
  sink: CollectdSink,
): void {
  const state: State = {
    host: '',
    plugin: '',
    pluginInstance: '',
    type: '',
    typeInstance: '',
    timeMs: 0,
    intervalMs: 0,
    severity: 0,
  };
  const problem = readParts(datagram, 'none', security, state, sink);
  if (problem !== undefined) sink.reject(problem);
}
