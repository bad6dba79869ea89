// A kept HTTP/1.1 connection to a store, one request at a time. Between our own services on one host
// node's client costs more than the request; this reads what servers really answer: a length, chunks,
// or everything until the end.
import { connect, isIP, type Socket } from 'node:net';
import type * as tls from 'node:tls';
import { takeTurn } from '../serving/turn.ts';
import { GrowingBytes } from './growing-bytes.ts';

const headBytesMax = 64 * 1024;
/** Read from one store before others get a turn. */
const bytesPerTurn = 512 * 1024;
const readBytes = 64 * 1024;

export interface ConnectionAnswer {
  status: number;
  contentType: string;
  body: Buffer;
}

export interface ConnectionAddress {
  host: string;
  port: number;
  /** Speak TLS. */
  secure: boolean;
}

interface Pending {
  resolve(answer: ConnectionAnswer): void;
  reject(error: Error): void;
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer' | 'until-end';

/** Takes the body of an answer as it arrives; the bytes are valid during the call only. */
export type BodySink = (part: Buffer) => void;

/** Made once: a pattern made for each answer costs more than the answer. */
const headers = {
  contentType: /\r\ncontent-type:[ \t]*([^\r]*)/i,
  connection: /\r\nconnection:[ \t]*([^\r]*)/i,
  contentLength: /\r\ncontent-length:[ \t]*([^\r]*)/i,
  transferEncoding: /\r\ntransfer-encoding:[ \t]*([^\r]*)/i,
  contentEncoding: /\r\ncontent-encoding:[ \t]*([^\r]*)/i,
};

/** Reads one answer from the bytes of a connection. */
export class AnswerReader {
  status = 0;
  contentType = '';
  isComplete = false;
  /** Whether the connection can be used again. */
  keepsAlive = true;
  bytes = 0;
  readonly #bodyBytesMax: number;
  readonly #sink: BodySink | undefined;
  #state: State = 'head';
  #rest: Buffer = Buffer.alloc(0);
  readonly #body = new GrowingBytes();
  #missing = 0;

  /** `sink` gets the body of an answer with status 200, which is then not kept here. */
  constructor(bodyBytesMax: number, sink?: BodySink) {
    this.#bodyBytesMax = bodyBytesMax;
    this.#sink = sink;
  }

  get body(): Buffer {
    return this.#body.bytes;
  }

  /** Takes bytes as they arrive, valid during the call only. Throws an Error for what is not HTTP, or too much. */
  push(data: Buffer): void {
    let input = data;
    while (!this.isComplete) {
      if (this.#state === 'length' || this.#state === 'chunk') {
        input = this.#take(input);
        if (this.#missing > 0) return;
        if (this.#state === 'length') this.isComplete = true;
        else this.#state = 'chunk-size';
        continue;
      }
      if (this.#state === 'until-end') {
        this.#add(input);
        return;
      }
      // Lines: what is left of the last read comes first.
      if (this.#rest.length > 0) input = Buffer.concat([this.#rest, input]);
      const used = this.#state === 'head' ? this.#readHead(input) : this.#readLine(input);
      if (used === 0) {
        if (input.length > headBytesMax) throw new Error('the answer has no end of its header');
        this.#rest = Buffer.from(input);
        return;
      }
      this.#rest = Buffer.alloc(0);
      input = input.subarray(used);
    }
  }

  /** The connection has ended: complete only if the answer is one that ends so. */
  end(): void {
    if (this.#state === 'until-end') this.isComplete = true;
    this.keepsAlive = false;
  }

  #add(part: Buffer): void {
    if (part.length === 0) return;
    this.bytes += part.length;
    if (this.bytes > this.#bodyBytesMax)
      throw new RangeError(`its answer is larger than ${this.#bodyBytesMax} bytes`);
    if (this.#sink !== undefined && this.status === 200) this.#sink(part);
    else this.#body.push(part);
  }

  #take(input: Buffer): Buffer {
    const length = Math.min(this.#missing, input.length);
    this.#add(input.subarray(0, length));
    this.#missing -= length;
    return input.subarray(length);
  }

  /** Returns the bytes of the whole header, or 0 while it is not complete. */
  #readHead(input: Buffer): number {
    const end = input.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const head = input.toString('latin1', 0, end);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    if (status === undefined) throw new Error('it does not answer in HTTP');
    this.status = Number(status);
    // 1xx answers come before the real one.
    if (this.status < 200) return end + 4;
    this.contentType = headers.contentType.exec(head)?.[1] ?? '';
    if (/close/i.test(headers.connection.exec(head)?.[1] ?? '') || head.startsWith('HTTP/1.0'))
      this.keepsAlive = false;
    const encoding = headers.contentEncoding.exec(head)?.[1]?.trim() ?? '';
    if (encoding !== '' && encoding !== 'identity')
      throw new Error(`its answer is packed (${encoding}), which was not asked for`);
    const length = headers.contentLength.exec(head)?.[1]?.trim();
    if (/chunked/i.test(headers.transferEncoding.exec(head)?.[1] ?? '')) this.#state = 'chunk-size';
    else if (length !== undefined) {
      this.#state = 'length';
      this.#missing = Number(length);
      if (!/^\d+$/.test(length) || !Number.isSafeInteger(this.#missing))
        throw new Error('its answer has a bad length');
      if (this.#missing > this.#bodyBytesMax)
        throw new RangeError(`its answer is larger than ${this.#bodyBytesMax} bytes`);
    } else if (this.status === 204 || this.status === 304) this.isComplete = true;
    else {
      this.#state = 'until-end';
      this.keepsAlive = false;
    }
    return end + 4;
  }

  /** A line between chunks; returns its bytes, or 0 while it is not complete. */
  #readLine(input: Buffer): number {
    const end = input.indexOf('\r\n');
    if (end < 0) return 0;
    const line = input.toString('latin1', 0, end).trim();
    if (this.#state === 'trailer') {
      if (line === '') this.isComplete = true;
    } else if (line !== '') {
      // The empty line is the one that ends the chunk before.
      const size = /^[0-9a-f]{1,8}(?=;|$)/i.exec(line)?.[0];
      if (size === undefined) throw new Error('its answer has a bad chunk');
      this.#missing = Number.parseInt(size, 16);
      this.#state = this.#missing === 0 ? 'trailer' : 'chunk';
    }
    return end + 2;
  }
}

/** `read` gets bytes that are valid during the call only; its answer says whether to go on reading. */
function openSocket(
  { host, port, secure }: ConnectionAddress,
  read: (data: Buffer) => boolean,
): Socket {
  if (!secure)
    return connect({
      host,
      port,
      noDelay: true,
      // One buffer for all reads: one for each would be most of what an answer leaves to collect.
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBytes),
        callback: (bytes, buffer) => read((buffer as Buffer).subarray(0, bytes)),
      },
    });
  // Loaded when needed only: it costs memory, and stores are on the same host as a rule.
  const { connect: connectSecurely } = process.getBuiltinModule('node:tls') as typeof tls;
  const socket = connectSecurely({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) });
  socket.on('data', (data) => {
    if (!read(data)) socket.pause();
  });
  return socket;
}

/** One connection; `send` is called again only after the answer has come. */
export class HttpConnection {
  isOpen = true;
  /** Whether the request that is being answered was the first on this connection. */
  isFresh = true;
  onFree: () => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: Socket;
  readonly #bodyBytesMax: number;
  #reader: AnswerReader | undefined;
  #bytesInTurn = 0;
  #pending: Pending | undefined;

  constructor(address: ConnectionAddress, bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
    this.#socket = openSocket(address, (data) => this.#read(data));
    this.#socket.on('error', (error) => this.close(error));
    this.#socket.on('end', () => this.#finish());
    this.#socket.on('close', () => this.close(new Error('the connection broke')));
  }

  /** Sends a whole request and resolves with its answer. */
  send(request: Buffer, sink?: BodySink): Promise<ConnectionAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#reader = new AnswerReader(this.#bodyBytesMax, sink);
      this.#socket.ref();
      this.#socket.write(request);
    });
  }

  /** Ends the connection; a request that waits fails with `error`. */
  close(error: Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (this.isOpen) {
      this.isOpen = false;
      this.#socket.destroy();
      this.onClose();
    }
    pending?.reject(error);
  }

  #read(data: Buffer): boolean {
    const reader = this.#reader;
    if (reader === undefined) {
      this.close(new Error('it answers without being asked'));
      return false;
    }
    try {
      reader.push(data);
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    if (!reader.isComplete) return this.#mayGoOn(data.length);
    this.#settle(reader);
    return true;
  }

  // A store sends faster than anybody can use it: a large answer is read in turns, too.
  #mayGoOn(bytes: number): boolean {
    this.#bytesInTurn += bytes;
    if (this.#bytesInTurn < bytesPerTurn) return true;
    this.#bytesInTurn = 0;
    void takeTurn().then(() => this.#socket.resume());
    return false;
  }

  #finish(): void {
    const reader = this.#reader;
    reader?.end();
    if (reader?.isComplete) this.#settle(reader);
    this.close(Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' }));
  }

  #settle(reader: AnswerReader): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#reader = undefined;
    this.isFresh = false;
    const { status, contentType, body, keepsAlive } = reader;
    if (keepsAlive) {
      // An idle connection must not keep the process alive.
      this.#socket.unref();
      this.onFree();
    } else this.close(new Error('the store closes the connection'));
    pending?.resolve({ status, contentType, body });
  }
}
