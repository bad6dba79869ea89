// Sends Graphite points as fast as they are taken (or at a rate, by UDP) and prints what it did as
// one line of JSON. Lines are built once; each round only new digits are put in. Run as its own
// process, so that its cost is not the receiver's.
//
//   node load-generator.ts --mode tcp|pickle|udp --port P --series N --rounds R --base SECONDS
//        [--offset 0] [--step 300] [--first 0] [--connections 8] [--rate POINTS_PER_SECOND]
//        [--pause MILLISECONDS_BETWEEN_ROUNDS]
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';

const { values: args } = parseArgs({
  options: {
    mode: { type: 'string', default: 'tcp' },
    port: { type: 'string' },
    series: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '1' },
    base: { type: 'string' },
    offset: { type: 'string', default: '0' },
    step: { type: 'string', default: '300' },
    first: { type: 'string', default: '0' },
    connections: { type: 'string', default: '8' },
    rate: { type: 'string', default: '100000' },
    pause: { type: 'string', default: '0' },
  },
});
const port = Number(args.port);
const series = Number(args.series);
const rounds = Number(args.rounds);
const base = Number(args.base);
const step = Number(args.step);
const first = Number(args.first);
const offset = Number(args.offset);
const connections = Number(args.connections);

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** The name of series `i`: a hundred thousand of them make a tree like that of a large site. */
function seriesName(i: number): string {
  const group = Math.floor(i / 10_000);
  const host = Math.floor(i / 100) % 100;
  return `bench.r${pad(group, 2)}.host${pad(host, 3)}.plug${Math.floor(i / 10) % 10}.value${i % 10}`;
}

/** Thousandths of the value of series `i` in `round`: six digits, so that lines keep their length. */
const thousandths = (i: number, round: number): number =>
  100_000 + ((i * 7919 + round * 104_729) % 900_000);

interface Part {
  bytes: Buffer;
  /** Where each point's value and time begin. */
  valueAt: Uint32Array;
  timeAt: Uint32Array;
  from: number;
  to: number;
}

const pickleBatch = 500;
const datagramBytes = 1400;

function build(from: number, to: number): Part {
  const pieces: Buffer[] = [];
  const valueAt = new Uint32Array(to - from);
  const timeAt = new Uint32Array(to - from);
  let at = 0;
  const put = (piece: Buffer): void => {
    pieces.push(piece);
    at += piece.length;
  };
  for (let i = from; i < to; i++) {
    const name = seriesName(i);
    if (args.mode === 'pickle') {
      // What pickle.dumps(points, 2) gives, without its memo entries.
      if ((i - from) % pickleBatch === 0) {
        const count = Math.min(pickleBatch, to - i);
        let length = 6;
        for (let k = i; k < i + count; k++) length += seriesName(k).length + 21;
        const head = Buffer.alloc(4);
        head.writeUInt32BE(length);
        put(Buffer.concat([head, Buffer.from([0x80, 2, 0x5d, 0x28])]));
      }
      const text = Buffer.from(name);
      const head = Buffer.from([0x58, text.length, 0, 0, 0]);
      timeAt[i - from] = at + 5 + text.length + 1;
      valueAt[i - from] = at + 5 + text.length + 6;
      put(Buffer.concat([head, text, Buffer.from('J0000G00000000'), Buffer.from([0x86, 0x86])]));
      if ((i - from) % pickleBatch === pickleBatch - 1 || i === to - 1) put(Buffer.from('e.'));
    } else {
      valueAt[i - from] = at + name.length + 1;
      timeAt[i - from] = at + name.length + 9;
      put(Buffer.from(`${name} 000.000 0000000000\n`));
    }
  }
  return { bytes: Buffer.concat(pieces), valueAt, timeAt, from, to };
}

function digits(bytes: Buffer, end: number, count: number, value: number): void {
  let rest = value;
  for (let k = 1; k <= count; k++) {
    bytes[end - k] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function patch({ bytes, valueAt, timeAt, from, to }: Part, round: number): void {
  const time = base + round * step;
  for (let i = from; i < to; i++) {
    const value = thousandths(i, first + round);
    const valuePlace = valueAt[i - from] as number;
    const timePlace = timeAt[i - from] as number;
    if (args.mode === 'pickle') {
      bytes.writeInt32LE(time, timePlace);
      bytes.writeDoubleBE(value / 1000, valuePlace);
    } else {
      digits(bytes, valuePlace + 3, 3, Math.floor(value / 1000));
      digits(bytes, valuePlace + 7, 3, value % 1000);
      digits(bytes, timePlace + 10, 10, time);
    }
  }
}

function sendOverTcp(part: Part): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.resume();
    let round = 0;
    const next = (): void => {
      if (round === rounds) {
        socket.end();
        return;
      }
      patch(part, round++);
      // The same buffer is patched again only after the kernel has taken all of it.
      socket.write(part.bytes, () => {
        if (Number(args.pause) === 0) next();
        else setTimeout(next, Number(args.pause));
      });
    };
    socket.on('connect', next);
  });
}

async function sendOverUdp(part: Part): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const lineBytes = Math.ceil(part.bytes.length / (part.to - part.from));
  const begun = performance.now();
  let sent = 0;
  for (let round = 0; round < rounds; round++) {
    patch(part, round);
    for (let at = 0; at < part.bytes.length; ) {
      const end = Math.min(part.bytes.length, at + datagramBytes);
      const cut = end === part.bytes.length ? end : part.bytes.lastIndexOf(10, end - 1) + 1;
      // A copy, as the kernel may take it after the next patch.
      socket.send(Buffer.from(part.bytes.subarray(at, cut)));
      sent += (cut - at) / lineBytes;
      at = cut;
      const ahead = (sent / Number(args.rate)) * 1000 - (performance.now() - begun);
      if (ahead > 1) await new Promise((resolve) => setTimeout(resolve, ahead));
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.close();
}

const parts =
  args.mode === 'udp'
    ? [build(offset, offset + series)]
    : Array.from({ length: connections }, (_, k) =>
        build(
          offset + Math.floor((series * k) / connections),
          offset + Math.floor((series * (k + 1)) / connections),
        ),
      );
const cpu = process.cpuUsage();
const begun = Date.now();
await Promise.all(parts.map(args.mode === 'udp' ? sendOverUdp : sendOverTcp));
const used = process.cpuUsage(cpu);
const seconds = (Date.now() - begun) / 1000;
const points = series * rounds;
process.stdout.write(
  `${JSON.stringify({ points, seconds, cpuSeconds: (used.user + used.system) / 1e6 })}\n`,
);
