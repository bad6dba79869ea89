// Plaintext lines to carbon's pickle frames: a 4-byte big-endian length, then the pickle
// (protocol 2) of a list of (name, (seconds, value)).
//
//   PROTO 2 · EMPTY_LIST · MARK · { BINUNICODE name · BININT seconds · BINFLOAT value ·
//   TUPLE2 · TUPLE2 }* · APPENDS · STOP
//
// https://graphite.readthedocs.io/en/latest/feeding-carbon.html#the-pickle-protocol

const framePointsMax = 500;
const newline = 0x0a;
const space = 0x20;
const pointBytes = 1 + 4 + 5 + 9 + 2; // without the name

const proto = Buffer.from([0x80, 2, 0x5d, 0x28]); // PROTO 2, EMPTY_LIST, MARK
const end = Buffer.from([0x65, 0x2e]); // APPENDS, STOP

function writePoint(frame: Buffer, from: number, name: Uint8Array, value: number, time: number) {
  let at = from;
  frame[at++] = 0x58; // BINUNICODE
  at = frame.writeUInt32LE(name.length, at);
  frame.set(name, at);
  at += name.length;
  frame[at++] = 0x4a; // BININT
  at = frame.writeInt32LE(time, at);
  frame[at++] = 0x47; // BINFLOAT
  at = frame.writeDoubleBE(value, at);
  frame[at++] = 0x86; // TUPLE2
  frame[at++] = 0x86;
  return at;
}

/** Frames of at most 500 points for whole `name value seconds\n` lines of the agent's own making. */
export function encodePickleFrames(lines: Buffer): Buffer {
  const frames: Buffer[] = [];
  let from = 0;
  while (from < lines.length) {
    // No line is shorter than its point without the name minus its digits: bound by both.
    const frame = Buffer.allocUnsafe(
      4 + proto.length + end.length + (lines.length - from) + framePointsMax * pointBytes,
    );
    let at = 4 + proto.copy(frame, 4);
    for (let points = 0; points < framePointsMax && from < lines.length; points++) {
      const lineEnd = lines.indexOf(newline, from);
      const stop = lineEnd === -1 ? lines.length : lineEnd;
      const nameEnd = lines.indexOf(space, from);
      const [value = '', time = ''] = lines.toString('latin1', nameEnd + 1, stop).split(' ');
      at = writePoint(frame, at, lines.subarray(from, nameEnd), Number(value), Number(time));
      from = stop + 1;
    }
    at += end.copy(frame, at);
    frame.writeUInt32BE(at - 4, 0);
    frames.push(frame.subarray(0, at));
  }
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}
