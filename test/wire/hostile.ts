// Bad input for decoders: everything that may come out is a value or an error a user can read.
import { OperatingError } from '../../bundle/core/errors.ts';

/** Every beginning of `bytes` but the whole. */
export function* truncations(bytes: Buffer): Generator<Buffer> {
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length);
}

/** Runs `decode`; anything thrown has to be an OperatingError with one of `codes`. */
export function failsCleanly(decode: () => unknown, ...codes: string[]): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof OperatingError) || !codes.includes(error.code)) throw error;
  }
}
