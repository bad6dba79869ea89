// Rule sets that ship, by the name used in `ruleSet`.
import { jupyterhub } from './jupyterhub.ts';
import type { ShippedRule } from './shipped-rule.ts';

export const ruleSets: Record<string, readonly ShippedRule[]> = { jupyterhub };
