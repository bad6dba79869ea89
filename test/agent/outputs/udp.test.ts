import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import type { Connection } from '../../../bundle/agent/outputs/output.ts';
import { splitLines, udp } from '../../../bundle/agent/outputs/udp.ts';

const noTls = { ca: '', certificate: '', key: '', serverName: '', verify: true };

test('datagrams hold whole lines and stay within the frame', () => {
  const lines = Array.from(
    { length: 200 },
    (_, i) => `name.of.a.metric.number${i} ${i} 1700000000\n`,
  );
  const parts = splitLines(Buffer.from(lines.join('')));
  assert.ok(parts.length > 4);
  for (const part of parts) {
    assert.ok(part.length <= 1432);
    assert.equal(part[part.length - 1], 0x0a);
  }
  assert.equal(Buffer.concat(parts).toString(), lines.join(''));
  const long = `${'x'.repeat(3000)} 1 2\n`;
  assert.deepEqual(
    splitLines(Buffer.from(`a 1 2\n${long}b 1 2\n`)).map((part) => part.length),
    [6, long.length, 6],
  );
  assert.deepEqual(splitLines(Buffer.alloc(0)), []);
});

test('lines arrive', async (t) => {
  const server = createSocket('udp4');
  t.after(() => server.close());
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = await new Promise<Connection>((resolve) => {
    const events = { onOpen: () => resolve(made), onDrain: () => {}, onClose: () => {} };
    const made = udp.connect(
      { host: '127.0.0.1', port: server.address().port, tls: noTls },
      events,
    );
  });
  const received = once(server, 'message');
  connection.write(Buffer.from('a 1 2\nb 3 4\n'));
  assert.equal(String((await received)[0]), 'a 1 2\nb 3 4\n');
  await connection.close(0);
  await connection.close(0);
});
