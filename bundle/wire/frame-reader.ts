// Frames of u32 big endian length and that many bytes, put together from whatever pieces a socket
// delivers. The only place that keeps a partial frame.
import { OperatingError } from '../core/errors.ts';

const headerBytes = 4;

export class FrameReader {
  private readonly bytesMax: number;
  private pieces: Buffer[] = [];
  private length = 0;

  /** `bytesMax`: longer frames are refused as soon as their length is known. */
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Whether a frame has begun and is not complete. */
  get isPartial(): boolean {
    return this.length > 0;
  }

  /**
   * Every frame that `piece` completes, without its length. Throws an OperatingError
   * `frame-too-long`; the stream cannot be read on after that.
   */
  push(piece: Buffer): Buffer[] {
    this.pieces.push(piece);
    this.length += piece.length;
    const frames: Buffer[] = [];
    while (this.length >= headerBytes) {
      const size = this.peekLength();
      if (size > this.bytesMax)
        throw new OperatingError(
          'frame-too-long',
          `a frame of ${size} bytes is longer than the ${this.bytesMax} allowed`,
        );
      if (this.length < headerBytes + size) break;
      const whole = this.joined();
      frames.push(whole.subarray(headerBytes, headerBytes + size));
      const rest = whole.subarray(headerBytes + size);
      this.pieces = rest.length > 0 ? [rest] : [];
      this.length = rest.length;
    }
    return frames;
  }

  private peekLength(): number {
    const first = this.pieces[0]!;
    return (first.length >= headerBytes ? first : this.joined()).readUInt32BE(0);
  }

  private joined(): Buffer {
    if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces, this.length)];
    return this.pieces[0]!;
  }
}
