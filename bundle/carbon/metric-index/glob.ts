// Graphite's globs. A query is split at dots into one pattern a node:
//
//   *       any run of characters within a node       ?       one character
//   [a-z3]  one character of a class, [!...] and [^...] one that is not in it
//   {a,b*}  one of the alternatives, which may be nested and may contain wildcards and dots
//   **      as a whole node: any number of levels     \x      the character x itself
//
// A bracket or brace without its partner stands for itself. Matching works on UTF-8 bytes and is
// linear but for the runs of `*`, which cost at most pattern times name.
import { OperatingError } from '../../core/errors.ts';

export const queryCharactersMax = 262_144;
export const alternativesMax = 10_000;

/** How one node of a query is matched. */
export type NodePattern =
  | { kind: 'literals'; parts: Buffer[] }
  | { kind: 'any' }
  | { kind: 'levels' }
  | { kind: 'globs'; globs: SimpleGlob[] };

/** Whether a query needs matching at all, or names one path. */
export const isGlob = (query: string): boolean => /[*?[\]{}\\]/.test(query);

/**
 * The node patterns of every variant of `query`: one, unless braces contain dots. Throws an
 * OperatingError `bad-query` when the query is too long or has too many alternatives.
 */
export function parseQuery(query: string): NodePattern[][] {
  if (query.length > queryCharactersMax)
    throw new OperatingError(
      'bad-query',
      `the query is longer than ${queryCharactersMax} characters`,
    );
  return expandBraces(query, (alternatives) => alternatives.includes('.')).map((variant) =>
    splitNodes(variant).map(parseNode),
  );
}

function splitNodes(query: string): string[] {
  const nodes: string[] = [];
  let node = '';
  for (let i = 0; i < query.length; i++) {
    const character = query[i]!;
    if (character === '\\') node += character + (query[++i] ?? '');
    else if (character === '.') {
      nodes.push(node);
      node = '';
    } else node += character;
  }
  nodes.push(node);
  return nodes;
}

function parseNode(text: string): NodePattern {
  if (text === '*') return { kind: 'any' };
  if (text === '**') return { kind: 'levels' };
  const globs = expandBraces(text, () => true).map(parseSimpleGlob);
  const parts: Buffer[] = [];
  for (const { literal } of globs) if (literal !== undefined) parts.push(literal);
  return parts.length === globs.length ? { kind: 'literals', parts } : { kind: 'globs', globs };
}

/** Every variant of `text` with those brace groups resolved whose content `wanted` accepts. */
function expandBraces(text: string, wanted: (content: string) => boolean): string[] {
  let variants = [''];
  let i = 0;
  const append = (endings: readonly string[]): void => {
    if (endings.length === 1) variants = variants.map((variant) => variant + endings[0]);
    else variants = variants.flatMap((variant) => endings.map((ending) => variant + ending));
    if (variants.length > alternativesMax)
      throw new OperatingError(
        'bad-query',
        `the query has more than ${alternativesMax} alternatives: ${text.slice(0, 80)}`,
      );
  };
  let plainFrom = 0;
  while (i < text.length) {
    if (text[i] === '\\') i += 2;
    else if (text[i] === '{') {
      const group = readGroup(text, i);
      if (group === undefined) i++;
      else {
        const content = text.slice(i + 1, group.end - 1);
        if (wanted(content)) {
          append([text.slice(plainFrom, i)]);
          append([...new Set(group.alternatives.flatMap((inner) => expandBraces(inner, wanted)))]);
          plainFrom = group.end;
        }
        i = group.end;
      }
    } else i++;
  }
  append([text.slice(plainFrom)]);
  return [...new Set(variants)];
}

/** The alternatives of the group that opens at `open`; undefined when it is never closed. */
function readGroup(
  text: string,
  open: number,
): { alternatives: string[]; end: number } | undefined {
  const alternatives: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let i = open; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') depth++;
    else if (character === ',' && depth === 1) {
      alternatives.push(text.slice(from, i));
      from = i + 1;
    } else if (character === '}') {
      depth--;
      if (depth === 0) return { alternatives: [...alternatives, text.slice(from, i)], end: i + 1 };
    }
  }
  return undefined;
}

// Tokens: a byte value stands for itself, then these, then classes.
const anyToken = 256;
const starToken = 257;
const classToken = 258;

interface CharacterClass {
  negated: boolean;
  /** Pairs of code points, both included. */
  ranges: number[];
}

/** A pattern without braces, ready to be matched against UTF-8 bytes. */
export interface SimpleGlob {
  tokens: Uint16Array;
  classes: CharacterClass[];
  /** Set when nothing in it is a wildcard. */
  literal?: Buffer;
}

export function parseSimpleGlob(text: string): SimpleGlob {
  const tokens: number[] = [];
  const classes: CharacterClass[] = [];
  let wild = false;
  let i = 0;
  while (i < text.length) {
    const character = String.fromCodePoint(text.codePointAt(i)!);
    const bracket = character === '[' ? readClass(text, i) : undefined;
    if (bracket !== undefined) {
      tokens.push(classToken + classes.length);
      classes.push(bracket.characterClass);
      wild = true;
      i = bracket.end;
      continue;
    }
    i += character.length;
    if (character === '*') {
      if (tokens.at(-1) !== starToken) tokens.push(starToken);
      wild = true;
    } else if (character === '?') {
      tokens.push(anyToken);
      wild = true;
    } else if (character === '\\' && i < text.length) {
      const escaped = String.fromCodePoint(text.codePointAt(i)!);
      tokens.push(...Buffer.from(escaped));
      i += escaped.length;
    } else tokens.push(...Buffer.from(character));
  }
  const glob = { tokens: Uint16Array.from(tokens), classes };
  return wild ? glob : { ...glob, literal: Buffer.from(tokens) };
}

function readClass(
  text: string,
  open: number,
): { characterClass: CharacterClass; end: number } | undefined {
  let i = open + 1;
  const negated = text[i] === '!' || text[i] === '^';
  if (negated) i++;
  const close = text.indexOf(']', i + 1);
  if (close < 0) return undefined;
  const characters = [...text.slice(i, close)].map((character) => character.codePointAt(0)!);
  const ranges: number[] = [];
  for (let at = 0; at < characters.length; at++) {
    const from = characters[at]!;
    const isRange = characters[at + 1] === 0x2d && at + 2 < characters.length;
    const to = isRange ? characters[at + 2]! : from;
    if (isRange) at += 2;
    ranges.push(from, to);
  }
  return { characterClass: { negated, ranges }, end: close + 1 };
}

/** Whether the bytes from `start` to `end` match as a whole. */
export function matchesGlob(
  { tokens, classes }: SimpleGlob,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let at = start;
  let token = 0;
  let retryToken = -1;
  let retryAt = 0;
  for (;;) {
    if (token < tokens.length) {
      const wanted = tokens[token]!;
      if (wanted === starToken) {
        token++;
        if (token === tokens.length) return true;
        retryToken = token;
        retryAt = at;
        continue;
      }
      if (at < end) {
        if (wanted < anyToken) {
          if (bytes[at] === wanted) {
            at++;
            token++;
            continue;
          }
        } else {
          const next = nextCharacter(bytes, at, end);
          if (wanted === anyToken || inClass(classes[wanted - classToken]!, bytes, at, next)) {
            at = next;
            token++;
            continue;
          }
        }
      }
    } else if (at === end) return true;
    if (retryToken < 0 || retryAt >= end) return false;
    retryAt = nextCharacter(bytes, retryAt, end);
    at = retryAt;
    token = retryToken;
  }
}

function nextCharacter(bytes: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  while (next < end && (bytes[next]! & 0xc0) === 0x80) next++;
  return next;
}

function inClass(
  { negated, ranges }: CharacterClass,
  bytes: Uint8Array,
  at: number,
  next: number,
): boolean {
  const character =
    next === at + 1
      ? bytes[at]!
      : (Buffer.from(bytes.subarray(at, next)).toString('utf8').codePointAt(0) ?? 0);
  for (let i = 0; i < ranges.length; i += 2)
    if (character >= ranges[i]! && character <= ranges[i + 1]!) return !negated;
  return negated;
}
