// The form of a rule that ships; defaults are those of `rules` in agent.yml.

export interface ShippedRule {
  regex: string;
  name: string;
  type?: 'counter' | 'timer' | 'gauge' | 'set';
  value?: string | number;
  scale?: number;
}
