import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mergeThreeWay } from '../../installer/three-way-merge.ts';

const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join('');

describe('mergeThreeWay', () => {
  function f(base: string, yours: string, theirs: string, want: string): void {
    assert.deepEqual(mergeThreeWay(base, yours, theirs), { text: want, conflicts: 0 });
  }

  test('takes what only one side changed', () => {
    const base = lines('a', 'b', 'c', 'd', 'e');
    f(base, base, lines('a', 'B', 'c'), lines('a', 'B', 'c'));
    f(base, lines('a', 'b2', 'c', 'd', 'e'), base, lines('a', 'b2', 'c', 'd', 'e'));
    f(
      base,
      lines('A', 'b', 'c', 'd', 'e'),
      lines('a', 'b', 'c', 'd', 'E'),
      lines('A', 'b', 'c', 'd', 'E'),
    );
    f(
      base,
      lines('a', 'c', 'd', 'e'),
      lines('a', 'b', 'c', 'd', 'e', 'f'),
      lines('a', 'c', 'd', 'e', 'f'),
    );
    f(
      base,
      lines('a', 'b', 'new', 'c', 'd', 'e'),
      lines('b', 'c', 'd', 'e'),
      lines('b', 'new', 'c', 'd', 'e'),
    );
  });

  test('the same change on both sides is no conflict', () => {
    f(lines('a', 'b'), lines('a', 'x'), lines('a', 'x'), lines('a', 'x'));
    f(lines('a', 'b', 'c'), lines('1', 'b', 'x'), lines('a', 'b', 'x'), lines('1', 'b', 'x'));
  });

  test('different changes of one line are a conflict', () => {
    assert.equal(mergeThreeWay(lines('a', 'b'), lines('a', 'x'), lines('a', 'y')).conflicts, 1);
    assert.equal(mergeThreeWay(lines('a'), lines('x'), '').conflicts, 1);
  });

  test('neighbouring changes are both taken', () => {
    f(lines('port: 1'), lines('port: 1', '# mine'), lines('port: 2'), lines('port: 2', '# mine'));
    f(lines('port: 1'), lines('# mine', 'port: 1'), lines('port: 2'), lines('# mine', 'port: 2'));
  });

  test('a last line without its end', () => {
    f('a\nb', 'A\nb', 'a\nb', 'A\nb');
  });

  test('never loses a line that only you have, whatever the texts', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, text, (base, yours, theirs) => {
        const mine = yours.flatMap((line, i) => (i % 4 === 1 ? [line, `mine ${i}`] : [line]));
        const { text: merged, conflicts } = mergeThreeWay(
          lines(...base),
          lines(...mine),
          lines(...theirs),
        );
        if (conflicts > 0) return true;
        return mine
          .filter((line) => line.startsWith('mine'))
          .every((line) => merged.includes(`${line}\n`));
      }),
    );
  });
});
