// Mutates a corpus for a fixed time and feeds it to a parser; what throws is shown with its seed.

const budgetMilliseconds = Number(process.env['FUZZ_MILLISECONDS'] ?? 1500);

/** A small generator of numbers in [0, 1) that a seed repeats (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Calls `feed` with mutated pieces of `corpus` until the time is up; throws what it throws. */
export function fuzz(corpus: readonly Uint8Array[], feed: (bytes: Buffer) => void): void {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const deadline = performance.now() + budgetMilliseconds;
  for (let round = 0; performance.now() < deadline; round++) {
    let bytes: Buffer = Buffer.from(corpus[pick(corpus.length)] as Uint8Array);
    for (let k = pick(6); k >= 0; k--) bytes = mutate(bytes, corpus, pick);
    try {
      feed(bytes);
    } catch (error) {
      const shown = bytes.subarray(0, 200).toString('base64');
      throw new Error(`FUZZ_SEED=${seed}, round ${round}, input ${shown}`, { cause: error });
    }
  }
}

function mutate(
  bytes: Buffer,
  corpus: readonly Uint8Array[],
  pick: (count: number) => number,
): Buffer {
  const at = pick(bytes.length + 1);
  switch (pick(5)) {
    case 0: // another byte
      if (at < bytes.length) bytes[at] = pick(256);
      return bytes;
    case 1: // cut off
      return bytes.subarray(0, at);
    case 2: // cut out
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + pick(16))]);
    case 3: // put in
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(Array.from({ length: pick(9) }, () => pick(256))),
        bytes.subarray(at),
      ]);
    default: {
      const other = corpus[pick(corpus.length)] as Uint8Array;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(pick(other.length + 1))]);
    }
  }
}
