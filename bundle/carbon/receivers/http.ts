// Points by HTTP POST: plaintext lines, a pickle or a protobuf payload, told by the Content-Type, and
// compressed if the Content-Encoding says so. What is refused is told in the answer.
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { codeOf } from '../../core/errors.ts';
import {
  type HttpAnswer,
  HttpError,
  type HttpRequest,
  startHttpServer,
  textAnswer,
} from '../../core/http.ts';
import type { ListenAddress } from '../../core/listen-address.ts';
import type { TlsFiles } from '../../core/tls-files.ts';
import { BatchEmitter } from './batch-emitter.ts';
import { type ReceiverCounters, refusalReasons } from './ledger.ts';
import { decodePickle } from './pickle-decoder.ts';
import { PlaintextParser } from './plaintext-parser.ts';
import { type FrameDecoder, PointBatch } from './point-batch.ts';
import { decodeProtobuf } from './protobuf-decoder.ts';
import type { Receiver, ReceiverContext } from './receiver.ts';

export interface HttpReceiverOptions {
  address: ListenAddress;
  bodyBytesMax: number;
  connectionsMax: number;
  lineBytesMax: number;
  tls?: TlsFiles;
}

const lineFeed = 0x0a;
const plaintextSliceBytes = 1 << 18;
// A client that is not served in this time is told to come again.
const waitMillisecondsMax = 10_000;

const decoders: Record<string, FrameDecoder> = {
  'application/python-pickle': decodePickle,
  'application/protobuf': decodeProtobuf,
};

const expanders = { gzip: promisify(gunzip), deflate: promisify(inflate) };

export async function startHttpReceiver(
  options: HttpReceiverOptions,
  context: ReceiverContext,
): Promise<Receiver> {
  const { intake, gate } = context;
  const counters = context.ledger.receiver('http');
  const room = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (gate.isOpen) {
        resolve();
        return;
      }
      const timer = setTimeout(
        () => reject(new HttpError(503, 'the cache is full, send it again later')),
        waitMillisecondsMax,
      );
      gate.whenOpen(() => {
        clearTimeout(timer);
        resolve();
      });
    });

  const takePlaintext = async (body: Buffer, refusals: Refusals): Promise<void> => {
    if (body.length > 0 && body[body.length - 1] !== lineFeed)
      throw new HttpError(400, 'the last line must end with a line feed');
    const parser = new PlaintextParser(intake, counters, options.lineBytesMax);
    for (let at = 0; at < body.length; ) {
      const limit = body.indexOf(lineFeed, Math.min(at + plaintextSliceBytes, body.length - 1)) + 1;
      await room();
      refusals.during(() => parser.parseLines(body, at, limit));
      gate.check();
      at = limit;
    }
  };
  const takeFrame = async (
    body: Buffer,
    decode: FrameDecoder,
    refusals: Refusals,
  ): Promise<void> => {
    const batch = new PointBatch();
    const problem = decode(body, 0, body.length, batch);
    if (problem !== undefined) {
      counters.badFrames++;
      throw new HttpError(400, `the body cannot be read: ${problem}`);
    }
    const emitter = new BatchEmitter(intake, counters);
    refusals.during(() => emitter.refuseMalformed(batch));
    for (let at = 0; at < batch.count; ) {
      await room();
      at = refusals.during(() => emitter.emit(batch, at));
      gate.check();
    }
  };
  const receive = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (request.method === 'GET' || request.method === 'HEAD') return textAnswer('OK\n');
    if (request.method !== 'POST') throw new HttpError(400, 'send points with POST');
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    const decode = Object.hasOwn(decoders, type) ? decoders[type] : undefined;
    const body = await expand(request, options.bodyBytesMax);
    const refusals = new Refusals(counters);
    if (decode === undefined) await takePlaintext(body, refusals);
    else await takeFrame(body, decode, refusals);
    await intake.flushJournal?.();
    if (refusals.text === '') return textAnswer('');
    throw new HttpError(400, `refused: ${refusals.text}; all other points are taken`);
  };
  const service = await startHttpServer({
    name: 'carbon http',
    address: options.address,
    route: () => receive,
    log: context.log,
    bodyBytesMax: options.bodyBytesMax,
    readsForms: false, // curl --data-binary says that lines are one
    connectionsMax: options.connectionsMax,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  });
  return { address: service.address, counters, stop: service.stop };
}

/** What of one request was refused; the receiver's counters count all requests together. */
class Refusals {
  readonly #counters: ReceiverCounters;
  readonly #counts: Partial<ReceiverCounters['refused']> = {};

  constructor(counters: ReceiverCounters) {
    this.#counters = counters;
  }

  /** Does `work`, which must not wait, and keeps what was refused meanwhile. */
  during<Result>(work: () => Result): Result {
    const { refused } = this.#counters;
    const before = { ...refused };
    const result = work();
    for (const reason of refusalReasons) {
      const more = refused[reason] - before[reason];
      if (more > 0) this.#counts[reason] = (this.#counts[reason] ?? 0) + more;
    }
    return result;
  }

  /** Empty when nothing was. */
  get text(): string {
    return Object.entries(this.#counts)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ');
  }
}

/** The body as it was before its Content-Encoding. */
async function expand({ headers, body }: HttpRequest, bytesMax: number): Promise<Buffer> {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return body;
  const expander = encoding === 'gzip' || encoding === 'deflate' ? expanders[encoding] : undefined;
  if (expander === undefined)
    throw new HttpError(415, 'the Content-Encoding must be gzip, deflate or none');
  try {
    return await expander(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE')
      throw new HttpError(413, `the body is larger than ${bytesMax} bytes`);
    throw new HttpError(400, `the body is not ${encoding}`);
  }
}
