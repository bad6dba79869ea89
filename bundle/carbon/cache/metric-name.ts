// Which names may become series, and the one spelling of a tagged name. Works on bytes; called
// once per new name, never per point.
import { isUtf8 } from 'node:buffer';

const nodeBytesMax = 255;
const suffixBytes = 4; // the last node becomes a file name with ".wsp"

// What a byte means in a name; nearly all mean nothing and cost one look.
const plain = 0;
const forbidden = 1;
const slash = 2;
const dot = 3;
const semicolon = 4;
const beyondAscii = 5;
const meaningOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x20 || byte === 0x7f) return forbidden;
  if (byte >= 0x80) return beyondAscii;
  return { '/': slash, '\\': slash, '.': dot, ';': semicolon }[String.fromCharCode(byte)] ?? plain;
});

/** What a name is, or why it is none. */
export type NameVerdict =
  | 'plain'
  | 'tagged'
  | 'empty'
  | 'too long'
  | 'control character or space'
  | 'slash'
  | 'empty node'
  | 'node too long'
  | 'not UTF-8';

/**
 * Whether `bytes[start, end)` is a plain or a tagged name. Refused are: nothing, more than `bytesMax`, not UTF-8, control characters and spaces, and in the path before the first tag a
 * slash, a backslash, an empty node (`a..b`) or a node longer than a file name may be.
 */
export function judgeName(
  bytes: Uint8Array,
  start: number,
  end: number,
  bytesMax: number,
): NameVerdict {
  if (start >= end) return 'empty';
  if (end - start > bytesMax) return 'too long';
  let isAscii = true;
  let inTags = false;
  let nodeStart = start;
  for (let i = start; i < end; i++) {
    const meaning = meaningOf[bytes[i] as number];
    if (meaning === plain) continue;
    if (meaning === forbidden) return 'control character or space';
    if (meaning === beyondAscii) isAscii = false;
    else if (!inTags) {
      if (meaning === slash) return 'slash';
      if (i === nodeStart) return 'empty node';
      if (i - nodeStart > nodeBytesMax - suffixBytes) return 'node too long';
      nodeStart = i + 1;
      inTags = meaning === semicolon;
    }
  }
  if (!inTags && nodeStart === end) return 'empty node';
  if (!inTags && end - nodeStart > nodeBytesMax - suffixBytes) return 'node too long';
  if (!isAscii && !isUtf8(bytes.subarray(start, end))) return 'not UTF-8';
  return inTags ? 'tagged' : 'plain';
}

/**
 * The normal form of a tagged name: tags sorted as `tag=`, which puts `a1` and `a-b` before `a` as in
 * Graphite (file names are hashes of it), of repeated tags the last. Undefined
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
  const sorted = [...tags].sort(([a], [b]) => (`${a}=` < `${b}=` ? -1 : 1));
  return path + sorted.map(([tag, value]) => `;${tag}=${value}`).join('');
}
