// What original encoders wrote: fixtures/originals.json, made by fixtures/make.py.
import { readFileSync } from 'node:fs';

const fixtures = JSON.parse(
  readFileSync(new URL('fixtures/originals.json', import.meta.url), 'utf8'),
) as Record<string, string>;

/** The bytes of a fixture; throws for an unknown name. */
export function original(name: string): Buffer {
  const hex = fixtures[name];
  if (hex === undefined) throw new Error(`no fixture ${name}`);
  return Buffer.from(hex, 'hex');
}
