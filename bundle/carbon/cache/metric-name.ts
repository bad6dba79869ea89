// Which names may become series, and the one spelling of a tagged name. Works on bytes; called
// once per new name, never per point.
import { isUtf8 } from 'node:buffer';

export interface NameLimits {
  /** Bytes of a whole name. */
  nameBytesMax: number;
}

const dot = 0x2e;
const slash = 0x2f;
const semicolon = 0x3b;
const nodeBytesMax = 255;
const suffixBytes = 4; // the last node becomes a file name with ".wsp"

/**
 * Why `bytes[start, end)` cannot name a series, or undefined when it can. Refused are: nothing,
 * too long, not UTF-8, control characters and spaces, and in the path before the first tag a
 * slash, a backslash, an empty node (`a..b`) or a node longer than a file name may be.
 */
export function nameProblem(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: NameLimits,
): string | undefined {
  if (start >= end) return 'empty';
  if (end - start > limits.nameBytesMax) return 'too long';
  let isAscii = true;
  let inTags = false;
  let nodeStart = start;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte <= 0x20 || byte === 0x7f) return 'control character or space';
    if (byte >= 0x80) isAscii = false;
    if (inTags) continue;
    if (byte === slash || byte === 0x5c) return 'slash';
    if (byte === dot || byte === semicolon) {
      if (i === nodeStart) return 'empty node';
      if (i - nodeStart > nodeBytesMax - suffixBytes) return 'node too long';
      nodeStart = i + 1;
      inTags = byte === semicolon;
    }
  }
  if (!inTags && nodeStart === end) return 'empty node';
  if (!inTags && end - nodeStart > nodeBytesMax - suffixBytes) return 'node too long';
  if (!isAscii && !isUtf8(bytes.subarray(start, end))) return 'not UTF-8';
  return undefined;
}

/**
 * The normal form of a tagged name: tags sorted by tag name, of repeated tags the last. Undefined
 * when a tag is malformed (Graphite's rules: `tag=value`, no `;!^=` in the tag, no leading `~` in
 * the value, neither empty).
 */
export function normaliseTaggedName(name: string): string | undefined {
  const [path = '', ...pairs] = name.split(';');
  const tags = new Map<string, string>();
  for (const pair of pairs) {
    const match = /^([^;!^=]+)=([^~;][^;]*)$/.exec(pair);
    if (match === null) return undefined;
    tags.set(match[1] as string, match[2] as string);
  }
  const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
  return path + sorted.map(([tag, value]) => `;${tag}=${value}`).join('');
}

/** True when a semicolon makes `bytes[start, end)` a tagged name. */
export function isTagged(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === semicolon) return true;
  return false;
}
