// The escapes of strings in pickle protocol 0.

const named: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };

/** The bytes of a quoted Python string, given without its quotes, one character a byte. */
export function unescapeBytes(text: string): Buffer {
  const plain = text.replace(
    /\\(?:x([0-9a-f]{2})|([0-7]{1,3})|([\s\S]))/gi,
    (whole: string, hex?: string, octal?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return named[letter ?? ''] ?? whole;
    },
  );
  return Buffer.from(plain, 'latin1');
}

/** The UTF-8 of a raw-unicode-escape string, given one character a byte. */
export function unescapeUnicode(text: string): Buffer {
  const plain = text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g,
    (_whole: string, short?: string, long?: string) => {
      const code = Number.parseInt(short ?? long ?? '', 16);
      return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    },
  );
  return Buffer.from(plain, 'utf8');
}
