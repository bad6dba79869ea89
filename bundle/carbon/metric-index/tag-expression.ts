// seriesByTag's expressions: tag=value, tag!=value, tag=~regex, tag!=~regex. Regular expressions
// are anchored at the start only. A series without the tag counts as having the empty value.
import { OperatingError } from '../../core/errors.ts';
import { compileRegex } from '../../core/safe-regex.ts';

export interface TagExpression {
  tag: string;
  operator: '=' | '!=' | '=~' | '!=~';
  value: string;
  matches(value: string): boolean;
  /** Whether a series without the tag matches. */
  matchesMissing: boolean;
  /** The only values that can match, when they are known without looking. */
  candidates?: string[];
  /** What every matching value begins with; empty when unknown. */
  prefix: string;
}

const badExpression = (message: string): OperatingError =>
  new OperatingError('bad-tag-expression', message);

/** Throws an OperatingError `bad-tag-expression` or `bad-regex`. */
export function parseTagExpression(text: string): TagExpression {
  const match = /^([^;!=~]+)(!?=~?)([^;]*)$/s.exec(text);
  if (match === null)
    throw badExpression(
      `cannot read the tag expression ${JSON.stringify(text)}: write tag=value, tag!=value, tag=~regex or tag!=~regex`,
    );
  const tag = match[1]!;
  const operator = match[2] as TagExpression['operator'];
  const value = match[3]!;
  const expression = { tag, operator, value, prefix: '' };
  if (operator === '=' || operator === '!=') {
    const equal = operator === '=';
    const matches = (other: string): boolean => (other === value) === equal;
    return equal && value !== ''
      ? { ...expression, matches, matchesMissing: false, candidates: [value], prefix: value }
      : { ...expression, matches, matchesMissing: matches('') };
  }
  const regex = compileRegex(value);
  const positive = operator === '=~';
  const matches = (other: string): boolean => regex.testAtStart(other) === positive;
  const shape = positive ? literalShape(value) : { prefix: '' };
  return { ...expression, ...shape, matches, matchesMissing: matches('') };
}

/** All of them; throws unless at least one asks for a tag that is there. */
export function parseTagExpressions(texts: readonly string[]): TagExpression[] {
  if (texts.length === 0) throw badExpression('no tag expressions specified');
  const expressions = texts.map(parseTagExpression);
  if (expressions.every(({ matchesMissing }) => matchesMissing))
    throw badExpression('at least one tag expression must require a non-empty value');
  return expressions;
}

// Most regular expressions are a literal beginning or a list of whole values; both spare the run
// over every value of the tag.
function literalShape(source: string): { prefix: string; candidates?: string[] } {
  const body = source.startsWith('^') ? source.slice(1) : source;
  const list = /^\(?((?:[\w-]+\|)*[\w-]+)(\)?)\$$/.exec(body);
  if (list !== null && body.startsWith('(') === (list[2] === ')')) {
    const values = list[1]!.split('|');
    // Without parentheses the dollar sign belongs to the last alternative only.
    if (values.length === 1 || list[2] === ')') return { prefix: '', candidates: values };
  }
  if (/[|]/.test(body)) return { prefix: '' };
  const literal = /^(?:[\w -]|\\[.-])*/.exec(body)![0];
  const quantified = /^[*?{]/.test(body.slice(literal.length));
  const prefix = literal.replace(/\\(.)/g, '$1');
  return { prefix: quantified ? prefix.slice(0, -1) : prefix };
}
