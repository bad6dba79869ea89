// Points by HTTP POST: plaintext lines, a pickle or a protobuf payload, told by the Content-Type.
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

  const takePlaintext = async (body: Buffer): Promise<void> => {
    if (body.length > 0 && body[body.length - 1] !== lineFeed)
      throw new HttpError(400, 'the last line must end with a line feed');
    const parser = new PlaintextParser(intake, counters, options.lineBytesMax);
    for (let at = 0; at < body.length; ) {
      const limit = body.indexOf(lineFeed, Math.min(at + plaintextSliceBytes, body.length - 1)) + 1;
      await room();
      parser.parseLines(body, at, limit);
      gate.check();
      at = limit;
    }
  };
  const takeFrame = async (body: Buffer, decode: FrameDecoder): Promise<void> => {
    const batch = new PointBatch();
    const problem = decode(body, 0, body.length, batch);
    if (problem !== undefined) {
      counters.badFrames++;
      throw new HttpError(400, `the body cannot be read: ${problem}`);
    }
    const emitter = new BatchEmitter(intake, counters);
    emitter.refuseMalformed(batch);
    for (let at = 0; at < batch.count; ) {
      await room();
      at = emitter.emit(batch, at);
      gate.check();
    }
  };
  const receive = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (request.method === 'GET' || request.method === 'HEAD') return textAnswer('OK\n');
    if (request.method !== 'POST') throw new HttpError(400, 'send points with POST');
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    const decode = Object.hasOwn(decoders, type) ? decoders[type] : undefined;
    if (decode === undefined) await takePlaintext(request.body);
    else await takeFrame(request.body, decode);
    await intake.flushJournal?.();
    return textAnswer('');
  };
  const service = await startHttpServer({
    name: 'carbon http',
    address: options.address,
    route: () => receive,
    log: context.log,
    bodyBytesMax: options.bodyBytesMax,
    connectionsMax: options.connectionsMax,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  });
  return { address: service.address, counters, stop: service.stop };
}
