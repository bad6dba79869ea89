// Sends Graphite points as fast as they are taken (or at a rate, by UDP) and prints what it did as
// one line of JSON. Lines are built once; each round only new digits are put in. Run as its own
// process, so that its cost is not the receiver's.
//
//   node load-generator.ts --mode tcp|pickle|protobuf|http|udp --port P --series N --rounds R
//        --base SECONDS [--offset 0] [--step 300] [--first 0] [--connections 8] [--shuffle]
//        [--rate POINTS_PER_SECOND] [--pause MILLISECONDS_BETWEEN_ROUNDS]
//
// With --shuffle the series come in another order in each round.
import { createSocket } from 'node:dgram';
import { Agent, request } from 'node:http';
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
    shuffle: { type: 'boolean', default: false },
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
  /** The series in the order in which they come. */
  order: Uint32Array;
  /** Where each point's value and time begin. */
  valueAt: Uint32Array;
  timeAt: Uint32Array;
}

const frameBatch = 500;
const datagramBytes = 1400;

/** A piece of a frame with one point in it, and where in it value and time begin. */
interface PointPiece {
  piece: Buffer;
  valueAt: number;
  timeAt: number;
}

function picklePoint(name: string): PointPiece {
  const text = Buffer.from(name);
  const head = Buffer.from([0x58, text.length, 0, 0, 0]);
  const numbers = [Buffer.from('J0000G00000000'), Buffer.from([0x86, 0x86])];
  const timeAt = head.length + text.length + 1;
  return { piece: Buffer.concat([head, text, ...numbers]), timeAt, valueAt: timeAt + 5 };
}

/** carbonpb: Metric { 1: name, 2: Point { 1: varint time (five bytes), 2: double } } */
function protobufPoint(name: string): PointPiece {
  const text = Buffer.from(name);
  const pointBytes = 1 + 5 + 1 + 8;
  const metricBytes = 2 + text.length + 2 + pointBytes;
  const head = Buffer.from([0x0a, metricBytes, 0x0a, text.length]);
  const point = Buffer.alloc(2 + pointBytes);
  point.set([0x12, pointBytes, 0x08]);
  point[2 + 6] = 0x11;
  const timeAt = head.length + text.length + 3;
  return { piece: Buffer.concat([head, text, point]), timeAt, valueAt: timeAt + 6 };
}

// What pickle.dumps(points, 2) gives, without its memo entries.
const frames = {
  pickle: { begin: Buffer.from([0x80, 2, 0x5d, 0x28]), point: picklePoint, end: Buffer.from('e.') },
  protobuf: { begin: Buffer.alloc(0), point: protobufPoint, end: Buffer.alloc(0) },
};
const frame = Object.entries(frames).find(([mode]) => mode === args.mode)?.[1];

function build(order: Uint32Array): Part {
  const pieces: Buffer[] = [];
  const valueAt = new Uint32Array(order.length);
  const timeAt = new Uint32Array(order.length);
  let at = 0;
  const put = (piece: Buffer): void => {
    pieces.push(piece);
    at += piece.length;
  };
  for (let k = 0; k < order.length; k++) {
    const name = seriesName(order[k] as number);
    if (frame === undefined) {
      valueAt[k] = at + name.length + 1;
      timeAt[k] = at + name.length + 9;
      put(Buffer.from(`${name} 000.000 0000000000\n`));
      continue;
    }
    const { piece, ...places } = frame.point(name);
    if (k % frameBatch === 0) {
      // Names of one length: so are the pieces.
      const count = Math.min(frameBatch, order.length - k);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.begin.length + count * piece.length + frame.end.length);
      put(Buffer.concat([length, frame.begin]));
    }
    valueAt[k] = at + places.valueAt;
    timeAt[k] = at + places.timeAt;
    put(piece);
    if (k % frameBatch === frameBatch - 1 || k === order.length - 1) put(frame.end);
  }
  return { bytes: Buffer.concat(pieces), order, valueAt, timeAt };
}

const inOrder = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, k) => from + k);

/** The same series in another order, the same one in every run. */
function shuffled(order: Uint32Array, round: number): Uint32Array {
  const other = Uint32Array.from(order);
  let state = round + 1;
  for (let k = other.length - 1; k > 0; k--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (k + 1));
    [other[k], other[j]] = [other[j] as number, other[k] as number];
  }
  return other;
}

function digits(bytes: Buffer, end: number, count: number, value: number): void {
  let rest = value;
  for (let k = 1; k <= count; k++) {
    bytes[end - k] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function patch({ bytes, order, valueAt, timeAt }: Part, round: number): void {
  const time = base + round * step;
  for (let k = 0; k < order.length; k++) {
    const value = thousandths(order[k] as number, first + round);
    const valuePlace = valueAt[k] as number;
    const timePlace = timeAt[k] as number;
    if (args.mode === 'pickle') {
      bytes.writeInt32LE(time, timePlace);
      bytes.writeDoubleBE(value / 1000, valuePlace);
    } else if (args.mode === 'protobuf') {
      for (let b = 0; b < 5; b++)
        bytes[timePlace + b] = (Math.floor(time / 2 ** (7 * b)) & 0x7f) | (b < 4 ? 0x80 : 0);
      bytes.writeDoubleLE(value / 1000, valuePlace);
    } else {
      digits(bytes, valuePlace + 3, 3, Math.floor(value / 1000));
      digits(bytes, valuePlace + 7, 3, value % 1000);
      digits(bytes, timePlace + 10, 10, time);
    }
  }
}

/** The bytes of a round; those of the round before are gone. */
function prepare(part: Part, round: number): Buffer {
  if (args.shuffle) Object.assign(part, build(shuffled(part.order, round)));
  patch(part, round);
  return part.bytes;
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
      // The same buffer is patched again only after the kernel has taken all of it.
      socket.write(prepare(part, round++), () => {
        if (Number(args.pause) === 0) next();
        else setTimeout(next, Number(args.pause));
      });
    };
    socket.on('connect', next);
  });
}

async function sendOverHttp(part: Part): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let round = 0; round < rounds; round++) {
    const body = prepare(part, round);
    await new Promise<void>((resolve, reject) => {
      const post = request({ host: '127.0.0.1', port, method: 'POST', agent }, (answer) => {
        answer.resume();
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`answered ${answer.statusCode}`));
        });
      });
      post.on('error', reject);
      post.end(body);
    });
  }
  agent.destroy();
}

async function sendOverUdp(part: Part): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const lineBytes = Math.ceil(part.bytes.length / part.order.length);
  const begun = performance.now();
  let sent = 0;
  for (let round = 0; round < rounds; round++) {
    prepare(part, round);
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
    ? [build(inOrder(offset, offset + series))]
    : Array.from({ length: connections }, (_, k) =>
        build(
          inOrder(
            offset + Math.floor((series * k) / connections),
            offset + Math.floor((series * (k + 1)) / connections),
          ),
        ),
      );
const sendPart =
  args.mode === 'udp' ? sendOverUdp : args.mode === 'http' ? sendOverHttp : sendOverTcp;
const cpu = process.cpuUsage();
const begun = Date.now();
await Promise.all(parts.map(sendPart));
const used = process.cpuUsage(cpu);
const seconds = (Date.now() - begun) / 1000;
const points = series * rounds;
process.stdout.write(
  `${JSON.stringify({ points, seconds, cpuSeconds: (used.user + used.system) / 1e6 })}\n`,
);
