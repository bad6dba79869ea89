// Reads the tokens of a target expression: names, paths with globs, quoted strings, punctuation.
// Graphite's grammar needs context to tell a path from a number, so the parser asks for what fits.
import { OperatingError } from '../../core/errors.ts';

const restCharactersMax = 60;

/** Characters that end a path unless escaped by a backslash; a dot only separates nodes. */
const pathEnds = new Set(['(', ')', ',', "'", '"', '|', '}']);

const isSpace = (character: string): boolean => character.trim() === '';

/** A cursor over one target. Errors are OperatingErrors with code `bad-target`. */
export class Lexer {
  readonly text: string;
  position = 0;
  /** Up to here no "[" has a partner; each looking for its own would take the square of the length. */
  #unclosedUntil = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Stops reading: names the position and quotes what was not understood. */
  fail(reason: string, at = this.position): never {
    const rest = this.text.slice(at);
    const shown = rest.length > restCharactersMax ? `${rest.slice(0, restCharactersMax)}…` : rest;
    const where = rest === '' ? 'at its end' : `at position ${at + 1}, before ${shown}`;
    throw new OperatingError(
      'bad-target',
      `cannot read the target ${this.text}: ${reason} ${where}`,
    );
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  skipSpace(): void {
    while (!this.atEnd && isSpace(this.text.charAt(this.position))) this.position++;
  }

  /** The next character that is not white space, or '' at the end; nothing is consumed but space. */
  peek(): string {
    this.skipSpace();
    return this.text.charAt(this.position);
  }

  /** Consumes `character` if it comes next. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.position++;
    return true;
  }

  expect(character: string, purpose: string): void {
    if (!this.take(character)) this.fail(`expected "${character}" ${purpose}`);
  }

  /** Consumes a name if `follow` comes right after it (white space between is allowed). */
  takeNameBefore(follow: '(' | '='): string | undefined {
    this.skipSpace();
    const pattern = follow === '(' ? /[A-Za-z_]\w*(?=\s*\()/y : /[A-Za-z_]\w*(?=\s*=)/y;
    pattern.lastIndex = this.position;
    const name = pattern.exec(this.text)?.[0];
    if (name !== undefined) this.position += name.length;
    return name;
  }

  /**
   * Consumes a quoted string and returns what is between the quotes. Backslashes stay, as in
   * Graphite: regular expressions are written without doubling them.
   */
  takeString(): string | undefined {
    const quote = this.peek();
    if (quote !== '"' && quote !== "'") return undefined;
    const begin = this.position;
    for (let i = begin + 1; i < this.text.length; i++) {
      const character = this.text.charAt(i);
      if (character === '\\') i++;
      else if (character === quote) {
        this.position = i + 1;
        return this.text.slice(begin + 1, i);
      }
    }
    return this.fail('a quoted text is not closed', begin);
  }

  /** Consumes a path, number or word; escapes are resolved. Undefined when none comes next. */
  takePath(): string | undefined {
    this.skipSpace();
    const begin = this.position;
    let path = '';
    let at = begin;
    while (at < this.text.length) {
      const character = this.text.charAt(at);
      if (character === '\\') {
        if (at + 1 >= this.text.length) return this.fail('a backslash escapes nothing', at);
        path += this.text.charAt(at + 1);
        at += 2;
      } else if (character === '{') {
        const close = this.#closingBrace(at);
        path += this.text.slice(at, close + 1);
        at = close + 1;
      } else if (character === '[') {
        const close = this.#closingBracket(at);
        path += this.text.slice(at, close + 1);
        at = close + 1;
      } else if (pathEnds.has(character) || isSpace(character)) break;
      else {
        path += character;
        at++;
      }
    }
    this.position = at;
    return at === begin ? undefined : path;
  }

  #closingBrace(open: number): number {
    let depth = 0;
    for (let i = open; i < this.text.length; i++) {
      const character = this.text.charAt(i);
      if (character === '{') depth++;
      else if (character === '}' && --depth === 0) return i;
      else if (character === '(' || character === ')' || character === '"') break;
    }
    return this.fail('a "{" is not closed', open);
  }

  // A class that never closes is an ordinary character, as for a file name glob.
  #closingBracket(open: number): number {
    if (open < this.#unclosedUntil) return open;
    let at = open + 1;
    for (; at < this.text.length; at++) {
      const character = this.text.charAt(at);
      if (character === ']') return at;
      if (character === '.' || character === '(' || character === ')' || isSpace(character)) break;
    }
    this.#unclosedUntil = at;
    return open;
  }
}
