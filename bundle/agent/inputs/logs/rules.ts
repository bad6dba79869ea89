// Log rules: a regular expression with named groups says which lines count, and as what. User
// expressions run on the linear-time engine of core.
import { OperatingError } from '../../../core/errors.ts';
import { didYouMean } from '../../../core/nearest-name.ts';
import { compileRegex, type SafeRegex } from '../../../core/safe-regex.ts';
import type { Aggregate } from '../statsd/aggregate.ts';
import { cleanName } from '../statsd/metric-name.ts';
import { type Rule, ruleSchema } from './options.ts';
import { ruleSets } from './rule-sets/index.ts';

interface CompiledRule extends Rule {
  pattern: SafeRegex;
}

/** The rules of `ruleSet` (empty for none) and then `own`, compiled; errors name the rule. */
export function compileRules(ruleSet: string, own: readonly Rule[]): CompiledRule[] {
  const shipped = ruleSet === '' ? [] : ruleSets[ruleSet];
  if (shipped === undefined) {
    const known = Object.keys(ruleSets);
    throw new OperatingError(
      'unknown-rule-set',
      `inputs.logs: there is no rule set "${ruleSet}"${didYouMean(ruleSet, known)}; known: ${known.join(', ')}`,
    );
  }
  return [...shipped.map((rule) => ruleSchema().parse(rule)), ...own].map((rule) => ({
    ...rule,
    pattern: compileRegex(rule.regex),
  }));
}

const fill = (
  template: string,
  groups: Record<string, string>,
  change: (text: string) => string,
): string => template.replace(/\$\{(\w+)\}/g, (_, group: string) => change(groups[group] ?? ''));

// One node: what a log writes must not make a deeper name than the rule says.
const nodeOf = (text: string): string =>
  cleanName(text).replaceAll('.', '_').replaceAll(';', '_') || '_';

export interface LineCounts {
  matched: number;
  /** The value of a matching line was no number. */
  badValues: number;
}

/** Gives one line to every rule; each that matches adds to the aggregate. */
export function applyRules(
  line: string,
  rules: readonly CompiledRule[],
  aggregate: Aggregate,
  counts: LineCounts,
): void {
  for (const rule of rules) {
    const groups = rule.pattern.execNamed(line);
    if (groups === undefined) continue;
    counts.matched += 1;
    const name = fill(rule.name, groups, nodeOf);
    const text =
      typeof rule.value === 'number'
        ? String(rule.value)
        : fill(rule.value, groups, (value) => value);
    if (rule.type === 'set') {
      aggregate.set(name, '', text);
      continue;
    }
    const value = text.trim() === '' ? Number.NaN : Number(text) * rule.scale;
    if (!Number.isFinite(value) || (rule.type === 'timer' && value < 0)) counts.badValues += 1;
    else if (rule.type === 'counter') aggregate.counter(name, '', value, 1);
    else if (rule.type === 'timer') aggregate.timer(name, '', value, 1);
    else aggregate.gauge(name, '', value, false);
  }
}
