// Builds carbon protobuf payloads for tests.

function varint(value: number): number[] {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  bytes.push(value);
  return bytes;
}

const field = (number: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, ...varint(body.length)]), body]);

/** A payload of metrics with their points as [time, value]. */
export function encodePayload(metrics: readonly [string, [number, number][]][]): Buffer {
  const encoded = metrics.map(([name, points]) => {
    const list = points.map(([time, value]) => {
      const double = Buffer.alloc(8);
      double.writeDoubleLE(value);
      return field(2, Buffer.concat([Buffer.from([8, ...varint(time), 17]), double]));
    });
    return field(1, Buffer.concat([field(1, Buffer.from(name)), ...list]));
  });
  return Buffer.concat(encoded);
}
