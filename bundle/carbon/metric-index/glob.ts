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
/** Braces within braces. */
const nestingMax = 50;
/** `**` in a query, and nodes of one with several: a search notes where it was with each of them. */
const levelsMax = 20;
const nodesMax = 100;
/** Pieces put together on the way to the alternatives: many groups of many take too long otherwise. */
const piecesMax = 1_000_000;

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
  return expandBraces(query, (alternatives) => alternatives.includes('.')).map((variant) => {
    const nodes = splitNodes(variant);
    const levels = nodes.filter((node) => node === '**').length;
    if (levels > levelsMax) throw badQuery(`has more than ${levelsMax} times "**"`, query);
    if (levels > 1 && nodes.length > nodesMax)
      throw badQuery(`has several "**" and more than ${nodesMax} nodes`, query);
    return nodes.map(parseNode);
  });
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

const badQuery = (reason: string, text: string): OperatingError =>
  new OperatingError('bad-query', `the query ${reason}: ${text.slice(0, 80)}`);

/** Every variant of `text` with those brace groups resolved whose content `wanted` accepts. */
function expandBraces(text: string, wanted: (content: string) => boolean, nesting = 0): string[] {
  if (nesting > nestingMax) throw badQuery(`has braces nested more than ${nestingMax} deep`, text);
  let variants = [''];
  let pieces = 0;
  let i = 0;
  const closings = closingsOf(text);
  const append = (endings: readonly string[]): void => {
    if (endings.length === 1) variants = variants.map((variant) => variant + endings[0]);
    else variants = variants.flatMap((variant) => endings.map((ending) => variant + ending));
    pieces += variants.length;
    if (variants.length > alternativesMax || pieces > piecesMax)
      throw badQuery(`has more than ${alternativesMax} alternatives`, text);
  };
  let plainFrom = 0;
  while (i < text.length) {
    if (text[i] === '\\') i += 2;
    else if (text[i] === '{') {
      const close = closings.get(i);
      if (close === undefined) i++;
      else {
        const content = text.slice(i + 1, close);
        if (wanted(content)) {
          const inner = alternativesOf(content);
          append([text.slice(plainFrom, i)]);
          append([...new Set(inner.flatMap((each) => expandBraces(each, wanted)))]);
          plainFrom = close + 1;
        }
        i = close + 1;
      }
    } else i++;
  }
  append([text.slice(plainFrom)]);
  return [...new Set(variants)];
}

/** Where each brace that opens is closed; those that never are, are not in it. */
function closingsOf(text: string): Map<number, number> {
  const closings = new Map<number, number>();
  const open: { at: number; nesting: number }[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') open.push({ at: i, nesting: 0 });
    else if (character === '}') {
      const partner = open.pop();
      if (partner === undefined) continue;
      closings.set(partner.at, i);
      const around = open.at(-1);
      if (around !== undefined) around.nesting = Math.max(around.nesting, partner.nesting + 1);
      if (partner.nesting > nestingMax)
        throw badQuery(`has braces nested more than ${nestingMax} deep`, text);
    }
  }
  return closings;
}

/** The alternatives in what is between two braces. */
function alternativesOf(content: string): string[] {
  const alternatives: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < content.length; i++) {
    const character = content[i];
    if (character === '\\') i++;
    else if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (character === ',' && depth === 0) {
      alternatives.push(content.slice(from, i));
      from = i + 1;
    }
  }
  return [...alternatives, content.slice(from)];
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
  const lastClose = text.lastIndexOf(']');
  let wild = false;
  let i = 0;
  while (i < text.length) {
    const character = String.fromCodePoint(text.codePointAt(i)!);
    const bracket = character === '[' && i < lastClose ? readClass(text, i) : undefined;
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
