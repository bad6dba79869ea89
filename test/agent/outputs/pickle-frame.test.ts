import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { encodePickleFrames } from '../../../bundle/agent/outputs/pickle-frame.ts';

const pythonReason =
  spawnSync('python3', ['-c', '']).status === 0 ? false : 'python3 is not installed';

const lines = Array.from(
  { length: 1203 },
  (_, i) => `a.b${i}.é ${i / 3} ${1_700_000_000 + i}\n`,
).join('');

test('python reads every point back', { skip: pythonReason }, () => {
  const script = `
import sys, struct, pickle
data = sys.stdin.buffer.read()
while data:
    (size,) = struct.unpack('!L', data[:4])
    points = pickle.loads(data[4:4+size])
    assert len(points) <= 500
    for name, (time, value) in points:
        print(name, repr(value), time)
    data = data[4+size:]
`;
  const result = spawnSync('python3', ['-X', 'utf8', '-c', script], {
    input: encodePickleFrames(Buffer.from(lines)),
    encoding: 'utf8',
  });
  assert.equal(result.stderr, '');
  const back = result.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const sent = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  assert.deepEqual(
    back.map(([name, value, time]) => [name, Number(value), time]),
    sent.map(([name, value, time]) => [name, Number(value), time]),
  );
});

test('frames are split at 500 points and say their length', () => {
  const bytes = encodePickleFrames(Buffer.from(lines));
  let frames = 0;
  for (let at = 0; at < bytes.length; frames++) at += 4 + bytes.readUInt32BE(at);
  assert.equal(frames, 3);
  assert.equal(encodePickleFrames(Buffer.alloc(0)).length, 0);
});
