// A rule's pattern. Most are plain enough for the built-in engine, which is many times faster than
// the linear-time one; a pattern that could make it slow goes to core/safe-regex.
import { messageOf } from '../../core/errors.ts';
import { compileRegex } from '../../core/safe-regex.ts';

export interface Pattern {
  readonly source: string;
  /** Whether it matches anywhere in `metric` (python's re.search). */
  test(metric: string): boolean;
  /** Set when only the built-in engine can run it, which some name might slow down. */
  readonly unsafe: boolean;
}

// One quantifier at most and none on a group: backtracking stays within length × length. Escapes
// only where JavaScript and python agree.
function isPlain(source: string): boolean {
  const withoutEscapes = source.replace(/\\[^A-Za-z0-9]|\\[dwsb]/g, '_');
  if (withoutEscapes.includes('\\') || withoutEscapes.includes('[[')) return false;
  if (/\(\?|\)[*+?{]|\{/.test(withoutEscapes)) return false;
  return (withoutEscapes.match(/[*+?]/g) ?? []).length <= 1;
}

/** Compiles `source`; throws an OperatingError `bad-regex`. */
export function compilePattern(source: string): Pattern {
  if (isPlain(source)) {
    try {
      const native = new RegExp(source);
      return { source, test: (metric) => native.test(metric), unsafe: false };
    } catch {
      // The other engine either takes it or says what is wrong with it.
    }
  }
  try {
    const safe = compileRegex(source);
    return { source, test: (metric) => safe.test(metric), unsafe: false };
  } catch (error) {
    // Look-around and back-references: the file is the administrator's, so they may have them.
    if (!/\(\?[=!<]|\\[1-9]/.test(source)) throw error;
    try {
      const native = new RegExp(source);
      return { source, test: (metric) => native.test(metric), unsafe: true };
    } catch (nativeError) {
      throw new Error(messageOf(nativeError), { cause: error });
    }
  }
}

const literal = String.raw`(?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])*`;
const unquote = (text: string): string => text.replace(/\\(.)/g, '$1');

// A pattern that is one literal, anchored at no, one or both sides; undefined for all others.
function asLiteral(source: string): { text: string; atStart: boolean; atEnd: boolean } | undefined {
  const parts = new RegExp(`^(\\^?)((?:\\.\\*)?)(${literal})((?:\\.\\*)?)(\\$?)$`).exec(source);
  if (parts === null) return undefined;
  const [, caret, openStart, text = '', openEnd, dollar] = parts;
  return {
    text: unquote(text),
    atStart: caret !== '' && openStart === '',
    atEnd: dollar !== '' && openEnd === '',
  };
}

// What every name starts and ends with that the pattern matches: `stats.` of `^stats\.(a|b)`.
function fixedEnds(source: string): { head: string; tail: string } {
  const depthZero = source.replace(/\([^()]*\)/g, '');
  if (depthZero.includes('|')) return { head: '', tail: '' };
  const head = new RegExp(`^\\^(${literal})(.?)`).exec(source);
  // The last character before a quantifier is not fixed.
  const cut = head !== null && /[*?{]/.test(head[2]!) ? 1 : 0;
  const headText = unquote(head?.[1] ?? '');
  const tail = new RegExp(`(?:^|[^\\\\])(${literal})\\$$`).exec(source);
  return {
    head: headText.slice(0, headText.length - cut),
    tail: unquote(tail?.[1] ?? ''),
  };
}

/** Whether every name that `later` matches is surely matched by `earlier`; false when unknown. */
export function covers(earlier: string, later: string): boolean {
  if (earlier === later) return true;
  const simple = asLiteral(earlier);
  if (simple === undefined) return false;
  const { text, atStart, atEnd } = simple;
  if (atStart && atEnd) return false;
  const { head, tail } = fixedEnds(later);
  if (atStart) return head.startsWith(text);
  if (atEnd) return tail.endsWith(text);
  return head.includes(text) || tail.includes(text);
}
