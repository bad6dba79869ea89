// collectd's datagrams: plain, signed, encrypted; what is cut, forged or looped is refused.
import assert from 'node:assert/strict';
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import {
  type CollectdSecurity,
  type CollectdValueList,
  decodeCollectdDatagram,
  type SecurityLevel,
} from '../../bundle/wire/collectd-network.ts';

const part = (type: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(4 + body.length, 2);
  return Buffer.concat([head, body]);
};
const text = (type: number, value: string): Buffer => part(type, Buffer.from(`${value}\0`));
const number = (type: number, value: bigint): Buffer => {
  const body = Buffer.alloc(8);
  body.writeBigUInt64BE(value);
  return part(type, body);
};

function values(list: [kind: number, value: number | bigint][]): Buffer {
  const body = Buffer.alloc(2 + list.length * 9);
  body.writeUInt16BE(list.length, 0);
  list.forEach(([kind, value], i) => {
    body[2 + i] = kind;
    const at = 2 + list.length + i * 8;
    if (kind === 1) body.writeDoubleLE(Number(value), at);
    else body.writeBigInt64BE(BigInt(value), at);
  });
  return part(6, body);
}

const plain = Buffer.concat([
  text(0, 'web1'),
  number(8, 1_700_000_000n << 30n),
  number(9, 10n << 30n),
  text(2, 'interface'),
  text(3, 'eth0'),
  text(4, 'if_octets'),
  text(5, ''),
  values([
    [2, 12n],
    [2, -5n],
  ]),
  text(2, 'load'),
  text(3, ''),
  text(4, 'load'),
  values([
    [1, 0.25],
    [1, 1.5],
    [1, 2],
  ]),
]);

function sign(payload: Buffer, user: string, password: string): Buffer {
  const hmac = createHmac('sha256', password).update(user).update(payload).digest();
  return Buffer.concat([part(0x200, Buffer.concat([hmac, Buffer.from(user)])), payload]);
}

function encrypt(payload: Buffer, user: string, password: string): Buffer {
  const iv = Buffer.alloc(16, 7);
  const cipher = createCipheriv('aes-256-ofb', createHash('sha256').update(password).digest(), iv);
  const secret = cipher.update(
    Buffer.concat([createHash('sha1').update(payload).digest(), payload]),
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(user.length);
  return part(0x210, Buffer.concat([length, Buffer.from(user), iv, secret]));
}

function decode(datagram: Buffer, level: SecurityLevel = 'none') {
  const lists: CollectdValueList[] = [];
  const rejected: string[] = [];
  const security: CollectdSecurity = {
    level,
    passwordOf: (user) => (user === 'joe' ? 'secret' : undefined),
  };
  decodeCollectdDatagram(datagram, security, {
    values: (list) => lists.push(list),
    notification: () => {},
    reject: (reason) => rejected.push(reason),
  });
  return { lists, rejected };
}

test('a plain datagram keeps its state from part to part', () => {
  const { lists, rejected } = decode(plain);
  assert.deepEqual(rejected, []);
  assert.deepEqual(lists, [
    {
      host: 'web1',
      plugin: 'interface',
      pluginInstance: 'eth0',
      type: 'if_octets',
      typeInstance: '',
      timeMs: 1_700_000_000_000,
      intervalMs: 10_000,
      kinds: ['derive', 'derive'],
      values: [12n, -5n],
    },
    {
      host: 'web1',
      plugin: 'load',
      pluginInstance: '',
      type: 'load',
      typeInstance: '',
      timeMs: 1_700_000_000_000,
      intervalMs: 10_000,
      kinds: ['gauge', 'gauge', 'gauge'],
      values: [0.25, 1.5, 2],
    },
  ]);
});

test('each security level takes what it should', () => {
  const f = (
    datagram: Buffer,
    level: SecurityLevel,
    lists: number,
    ...rejected: string[]
  ): void => {
    const result = decode(datagram, level);
    assert.deepEqual([result.lists.length, result.rejected], [lists, rejected]);
  };
  const signed = sign(plain, 'joe', 'secret');
  const encrypted = encrypt(plain, 'joe', 'secret');
  f(signed, 'none', 2);
  f(signed, 'sign', 2);
  f(signed, 'encrypt', 0, 'not-encrypted');
  f(encrypted, 'none', 2);
  f(encrypted, 'encrypt', 2);
  f(plain, 'sign', 0, 'not-signed');
  f(sign(plain, 'joe', 'wrong'), 'none', 0, 'bad-signature');
  f(sign(plain, 'eve', 'secret'), 'sign', 0, 'unknown-user');
  f(encrypt(plain, 'joe', 'wrong'), 'none', 0, 'bad-checksum');
  f(encrypt(encrypted, 'joe', 'secret'), 'none', 0, 'too-deep');
});

test('a datagram cut at any byte gives only whole value lists', () => {
  for (let length = 0; length < plain.length; length++) {
    const { lists, rejected } = decode(plain.subarray(0, length));
    assert.ok(lists.length <= 2 && rejected.length <= 1);
  }
});

test('a part of length 0 ends the datagram instead of looping', () => {
  assert.deepEqual(decode(Buffer.alloc(100)).rejected, ['bad-part']);
});

test('any bytes are survived', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decode(Buffer.from(bytes));
    }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: plain.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      (at, byte) => {
        const changed = Buffer.from(plain);
        changed[at] = byte;
        decode(changed);
      },
    ),
  );
});
