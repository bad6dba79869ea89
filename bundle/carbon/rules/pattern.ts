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

/** The literal text a pattern consists of but for an anchor at one side, or undefined. */
function literalOf(source: string): string | undefined {
  const plain = source.replace(/\\[^A-Za-z0-9]/g, '_');
  if (/[\\^$.*+?()[\]{}|]/.test(plain)) return undefined;
  return source.replace(/\\(.)/g, '$1');
}

/** What every name starts with (`^stats\.`), or ends with (`\.count$`), that the pattern matches. */
function fixedParts(source: string): { head: string; tail: string } {
  const head = /^\^((?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])*)(?![*+?{])/.exec(source);
  const tail = /(?<!\\)(?:\\\\)*?((?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])*)\$$/.exec(source);
  const alternatives = source.includes('|');
  return {
    head: alternatives ? '' : (literalOf(head?.[1] ?? '') ?? ''),
    tail: alternatives ? '' : (literalOf(tail?.[1] ?? '') ?? ''),
  };
}

/** Whether every name that `later` matches is surely matched by `earlier`; false when unknown. */
export function covers(earlier: string, later: string): boolean {
  if (earlier === later) return true;
  const bare = earlier.replace(/^\^?(?:\.\*)?/, '').replace(/(?:\.\*)?\$?$/, '');
  if (bare === '' && !earlier.includes('\\')) return earlier !== '^$';
  const body = earlier.replace(/(?:\.\*\$?)$/, '');
  if (body.startsWith('^')) {
    const prefix = literalOf(body.slice(1));
    if (prefix !== undefined && prefix !== '') return fixedParts(later).head.startsWith(prefix);
  }
  const suffixBody = earlier.replace(/^\^?\.\*/, '');
  if (suffixBody.endsWith('$') && !suffixBody.endsWith('\\$')) {
    const suffix = literalOf(suffixBody.slice(0, -1));
    if (suffix !== undefined && suffix !== '') return fixedParts(later).tail.endsWith(suffix);
  }
  return false;
}
