// collectd's selection of devices and names: exact names or /regex/ entries, to be taken or left.
import { compileRegex } from '../core/safe-regex.ts';

export interface MatchList {
  /** True where `name` is not to be collected. An empty list leaves nothing out. */
  leavesOut(name: string): boolean;
}

/**
 * Entries between slashes are regular expressions, all others exact names. With `ignoreSelected`
 * the matching ones are left out, without it all others are. Throws for a bad expression.
 */
export function createMatchList(entries: readonly string[], ignoreSelected: boolean): MatchList {
  const exact = new Set<string>();
  const patterns: { test(text: string): boolean }[] = [];
  for (const entry of entries) {
    if (entry.length > 2 && entry.startsWith('/') && entry.endsWith('/'))
      patterns.push(compileRegex(entry.slice(1, -1)));
    else exact.add(entry);
  }
  const answers = new Map<string, boolean>();
  const answersMax = 10_000;
  return {
    leavesOut: (name) => {
      if (entries.length === 0) return false;
      let answer = answers.get(name);
      if (answer === undefined) {
        const selected = exact.has(name) || patterns.some((pattern) => pattern.test(name));
        answer = selected === ignoreSelected;
        if (answers.size >= answersMax) answers.clear();
        answers.set(name, answer);
      }
      return answer;
    },
  };
}
