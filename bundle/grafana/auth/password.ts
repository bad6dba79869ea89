// Password hashes: scrypt with its parameters in the text, so that they can be raised later.
//   scrypt$<log2 N>$<r>$<p>$<salt base64>$<key base64>
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

const cost = { logN: 15, r: 8, p: 1 } as const; // 32 MB and about 60 ms a guess
const keyBytes = 32;

/** Longer passwords are refused, so that a login request costs a bounded amount of hashing. */
export const passwordCharactersMax = 256;
export const passwordCharactersMin = 8;

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

const optionsFor = (logN: number, r: number, p: number): ScryptOptions => ({
  N: 2 ** logN,
  r,
  p,
  maxmem: 256 * r * 2 ** logN,
});

export async function hashPassword(password: string): Promise<string> {
  const { logN, r, p } = cost;
  const salt = randomBytes(16);
  const key = await derive(password, salt, optionsFor(logN, r, p));
  return ['scrypt', logN, r, p, salt.toString('base64'), key.toString('base64')].join('$');
}

/** A hash no password has, which costs as much to check as a real one. */
export function decoyHash(): string {
  const { logN, r, p } = cost;
  const [salt, key] = [randomBytes(16), randomBytes(keyBytes)];
  return ['scrypt', logN, r, p, salt.toString('base64'), key.toString('base64')].join('$');
}

/** Whether `password` belongs to `hash`. Takes the same time for a right and a wrong one. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, logN, r, p, salt, key] = hash.split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, 'base64');
  const options = optionsFor(Number(logN), Number(r), Number(p));
  const actual = await derive(password, Buffer.from(salt, 'base64'), options);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** A password for a new installation: 120 random bits, no characters that look alike. */
export function generatePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  let text = '';
  while (text.length < 24) {
    for (const byte of randomBytes(32)) {
      if (byte < alphabet.length * 8 && text.length < 24) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
