// Checks tag expressions (tag=value, !=, =~, !=~) before a store is asked.
import { OperatingError } from '../core/errors.ts';
import { compileRegex } from '../core/safe-regex.ts';

const expressionPattern = /^([^;!=~]+)(!=~|!=|=~|=)(.*)$/s;

/**
 * Whether `expressions` ask for something in particular: a series without the tag counts as one whose
 * value is empty. Throws an OperatingError (`bad-tag-expression`) for what cannot be read.
 */
export function selectsSeries(expressions: readonly string[]): boolean {
  let selects = false;
  for (const text of expressions) {
    const match = expressionPattern.exec(text);
    if (match === null)
      throw new OperatingError(
        'bad-tag-expression',
        `cannot read the tag expression "${text}"; write tag=value, tag!=value, tag=~regex or tag!=~regex`,
      );
    const [, , operator = '', value = ''] = match;
    const isRegex = operator.endsWith('~');
    const matchesEmpty = isRegex ? compileRegex(value).testAtStart('') : value === '';
    if (operator.startsWith('!') === matchesEmpty) selects = true;
  }
  return selects;
}

/** Throws an OperatingError (`bad-tag-expression`) for what cannot be read or selects nothing. */
export function checkTagExpressions(expressions: readonly string[]): void {
  if (!selectsSeries(expressions))
    throw new OperatingError(
      'bad-tag-expression',
      'at least one tag expression must require a value that is not empty',
    );
}
