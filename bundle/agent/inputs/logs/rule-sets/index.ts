// Rule sets that ship, by the name used in `ruleSet`.
import { jupyterhub } from './jupyterhub.ts';

export interface ShippedRule {
  regex: string;
  name: string;
  type?: 'counter' | 'timer' | 'gauge' | 'set';
  value?: string | number;
  scale?: number;
}

export const ruleSets: Record<string, readonly ShippedRule[]> = { jupyterhub };
