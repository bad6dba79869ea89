// How the text opcodes of old pickles spell strings: quotes and backslash escapes.

/** A byte string from Python's repr of it, read as UTF-8; undefined when the quotes are not right. */
export function unquote(text: string): string | undefined {
  const match = /^(['"])(.*)\1$/s.exec(text);
  if (match === null || text.length < 2) return undefined;
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b' };
  const latin1 = match[2]!.replace(
    /\\(?:x([0-9a-f]{2})|(.))/gis,
    (_whole, hex: string | undefined, other: string | undefined) =>
      hex === undefined
        ? (escapes[other ?? ''] ?? other ?? '')
        : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** A text from Python's raw-unicode-escape of it. */
export const unescapeUnicode = (text: string): string =>
  text.replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (whole, short?: string, long?: string) => {
      const code = parseInt(short ?? long ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
