// conf/new-series.conf: which names may always become series, and which never. Read by carbon when
// it meets a new name, edited by `dkmadmin metric accept|deny`.
//
//   # comment
//   accept collectd.*
//   deny   app.*.requests
//
// A pattern is a name, or its beginning up to a dot or tag; * and ? stand for characters of one node.
import { exitCodes, OperatingError } from '../../core/errors.ts';
import { compileRegex } from '../../core/safe-regex.ts';

export type Verdict = 'accept' | 'deny';

interface NewSeriesRule {
  verdict: Verdict;
  pattern: string;
}

/** What the rules say of a name. */
export interface NewSeriesRules {
  /** The first rule that matches decides; undefined when none does. */
  verdictOn(metric: string): Verdict | undefined;
}

const linePattern = /^\s*(accept|deny)\s+(\S+)\s*$/;

function matcherOf(pattern: string): (metric: string) => boolean {
  const source = pattern
    .replace(/[\\^$+()[\]{}|.]/g, '\\$&')
    .replaceAll('*', '[^.;]*')
    .replaceAll('?', '[^.;]');
  const regex = compileRegex(`^${source}(?:[.;]|$)`);
  return (metric) => regex.test(metric);
}

/** Rules from the text of a file; `bad-new-series-rules` with the line that is none. */
export function parseNewSeriesRules(text: string, file: string): NewSeriesRules {
  const rules: { verdict: Verdict; matches: (metric: string) => boolean }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const rule = ruleOf(line);
    if (rule === undefined)
      throw new OperatingError(
        'bad-new-series-rules',
        `${file}, line ${i + 1}: ${JSON.stringify(line)} is neither "accept PATTERN" nor "deny PATTERN"`,
      );
    rules.push({ verdict: rule.verdict, matches: matcherOf(rule.pattern) });
  }
  return {
    verdictOn: (metric) => rules.find(({ matches }) => matches(metric))?.verdict,
  };
}

function ruleOf(line: string): NewSeriesRule | undefined {
  const match = linePattern.exec(line);
  if (match === null) return undefined;
  return { verdict: match[1] as Verdict, pattern: match[2]! };
}

const heading = `# Which new names become series, whatever the budget (persister.newSeriesPerPrefix): the first line that
# matches decides. Edited by dkmadmin metric accept|deny; carbon reads it again by itself.
`;

/**
 * The text with a rule for `pattern` put first, so that it decides; earlier rules for the same
 * pattern go. Without a verdict they only go. Throws a usage error for what is no pattern.
 */
export function withRule(text: string, pattern: string, verdict: Verdict | undefined): string {
  if (/[\s#]/.test(pattern) || pattern === '')
    throw new OperatingError('usage', `${JSON.stringify(pattern)} is not a name or its beginning`, {
      exitCode: exitCodes.usage,
    });
  const lines = (text === '' ? heading : text)
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => ruleOf(line)?.pattern !== pattern);
  if (verdict !== undefined) {
    const first = lines.findIndex((line) => ruleOf(line) !== undefined);
    lines.splice(first < 0 ? lines.length : first, 0, `${verdict} ${pattern}`);
  }
  return `${lines.join('\n')}\n`;
}
