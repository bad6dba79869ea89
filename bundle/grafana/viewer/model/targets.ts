// What a panel asks carbonapi: its shown targets, with variables put in and #A references expanded.
import { interpolate, type Scope } from './interpolate.ts';

export interface Target {
  refId: string;
  target: string;
  hide: boolean;
}

const depthMax = 10;

/** '5m' and '1M' as Grafana writes intervals; Graphite says 5min and 1mon. */
const graphiteIntervals = (text: string): string =>
  text.replace(
    /(['"])(\d+)([mM])\1/g,
    (_whole, quote, count, unit) => `${quote}${count}${unit === 'm' ? 'min' : 'mon'}${quote}`,
  );

/** Targets to send, in order. `#A` stands for the target with refId A, hidden or not. */
export function resolveTargets(targets: readonly Target[], scope: Scope): Target[] {
  const byRef = new Map(
    targets.map((one) => [one.refId, graphiteIntervals(interpolate(one.target, scope))]),
  );
  const expand = (text: string, depth: number): string =>
    depth > depthMax
      ? text
      : text.replace(/#([A-Z])(?![A-Za-z0-9_])/g, (whole, ref: string) => {
          const other = byRef.get(ref);
          return other === undefined ? whole : expand(other, depth + 1);
        });
  return targets
    .filter(({ hide, target }) => !hide && target.trim() !== '')
    .map((one) => ({ ...one, target: expand(byRef.get(one.refId) ?? one.target, 0) }));
}
