// asPercent: each series as a share of a total, of another series, or of its group.
import { OperatingError } from '../../../core/errors.ts';
import { valuesAtStep } from '../../consolidation.ts';
import type { Series } from '../../series.ts';
import { alignSeries, commonStep } from '../align.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { createSeries, missing } from '../derive.ts';
import { groupBy, nodesKey, pathExpressionsOf } from '../names.ts';
import { optionalNodes, seriesList } from '../params.ts';
import { aggregateRows, aggregateRowsInTurns } from '../rows.ts';
import { numberAsWritten } from '../written-argument.ts';

function percentages(parts: Float64Array, totals: Float64Array): Float64Array {
  const results = missing(Math.max(parts.length, totals.length));
  const both = Math.min(parts.length, totals.length);
  for (let i = 0; i < both; i++) {
    const total = totals[i]!;
    if (total !== 0) results[i] = (parts[i]! / total) * 100;
  }
  return results;
}

function percentOfSeries(part: Series, total: Series, xFilesFactor: number): Series {
  const { columns, start, end, step } = alignSeries([part, total]);
  return createSeries({
    name: `asPercent(${part.name},${total.name})`,
    start,
    end,
    step,
    values: percentages(columns[0]!, columns[1]!),
    xFilesFactor,
  });
}

function sumOf(list: Series[], xFilesFactor: number): Series {
  if (list.length === 1) return list[0]!;
  const { columns, start, end, step } = alignSeries(list);
  return createSeries({
    name: `sumSeries(${pathExpressionsOf(list)})`,
    start,
    end,
    step,
    values: aggregateRows(columns, 'sum', 0),
    xFilesFactor,
  });
}

type Frame = Pick<Series, 'start' | 'end' | 'step'>;

function percentByNodes(
  list: Series[],
  totals: Series[] | undefined,
  nodes: (number | string)[],
  xFilesFactor: number,
): Series[] {
  const keyOf = (series: Series): string => nodesKey(series, nodes);
  const parts = groupBy(list, keyOf);
  // What has no counterpart gets the frame of the result before it, as in Graphite.
  let frame: Frame | undefined;
  const totalByKey = new Map<string, Series>();
  for (const [key, group] of totals === undefined ? parts : groupBy(totals, keyOf)) {
    const total = sumOf(group, xFilesFactor);
    totalByKey.set(key, total);
    if (group.length > 1) frame = total;
  }
  const unmatched = (series: Series, name: string): Series => {
    const { start, end, step } = frame ?? series;
    const values = missing(series.values.length);
    return createSeries({ name, start, end, step, values, xFilesFactor });
  };
  const results: Series[] = [];
  for (const key of new Set([...parts.keys(), ...totalByKey.keys()])) {
    const total = totalByKey.get(key);
    for (const part of parts.get(key) ?? []) {
      if (total === undefined) results.push(unmatched(part, `asPercent(${part.name},MISSING)`));
      else {
        const result = percentOfSeries(part, total, xFilesFactor);
        frame = result;
        results.push(result);
      }
    }
    if (total !== undefined && !parts.has(key)) {
      results.push(unmatched(total, `asPercent(MISSING,${total.name})`));
    }
  }
  return results;
}

/**
 * Every series against the same column of totals; `step` is the step both sides were brought to.
 * The results keep the step of their series even so, as Graphite's do.
 */
function percentOfTotals(
  list: Series[],
  totals: Float64Array,
  totalName: string,
  step: number,
  xFilesFactor: number,
): Series[] {
  return list.map((series) =>
    createSeries({
      name: `asPercent(${series.name},${totalName})`,
      start: series.start,
      end: series.end,
      step: series.step,
      values: percentages(valuesAtStep(series, step), totals),
      xFilesFactor,
    }),
  );
}

const byName = (a: Series, b: Series): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function percentOfList(list: Series[], totals: Series[], xFilesFactor: number): Series[] {
  if (totals.length === list.length) {
    const ordered = totals.toSorted(byName);
    return list
      .toSorted(byName)
      .map((part, index) => percentOfSeries(part, ordered[index]!, xFilesFactor));
  }
  const [total] = totals;
  if (total === undefined || totals.length > 1) {
    throw new OperatingError(
      'bad-argument',
      `asPercent: total must be a number, one series or as many as there are (${list.length}), not ${totals.length}`,
    );
  }
  const step = commonStep([...list, total]);
  return percentOfTotals(list, valuesAtStep(total, step), total.name, step, xFilesFactor);
}

function percentOfNumber(list: Series[], total: number, context: EvaluationContext): Series[] {
  const rows = list[0]?.values.length ?? 0;
  return percentOfTotals(
    list,
    new Float64Array(rows).fill(total),
    numberAsWritten(context.call, 'total', 1, total),
    commonStep(list),
    context.xFilesFactor,
  );
}

export const asPercent = defineFunction({
  name: 'asPercent',
  aliases: ['pct'],
  group: 'Combine',
  params: [seriesList, { name: 'total', type: 'any' }, optionalNodes],
  description:
    'Each series as percentage of `total`: a number, a series, or a list of as many series. ' +
    'Without it, of the sum of all. With `nodes`, series and totals are matched by those nodes ' +
    'or tags; what has no counterpart is named `MISSING` and has no values.',
  examples: ['asPercent(servers.*.disk.used, 1000)', 'asPercent(servers.*.disk.*, None, 1)'],
  evaluate: async ({ seriesList, total, nodes }, context) => {
    const { xFilesFactor } = context;
    if (seriesList.length === 0) return [];
    const totals = Array.isArray(total) ? total : undefined;
    if (nodes.length > 0) {
      if (totals === undefined && total !== undefined && total !== null) {
        throw new OperatingError('bad-argument', 'asPercent: with nodes, total must be series');
      }
      return percentByNodes(seriesList, totals, nodes, xFilesFactor);
    }
    if (totals !== undefined) return percentOfList(seriesList, totals, xFilesFactor);
    if (typeof total === 'number') return percentOfNumber(seriesList, total, context);
    if (total !== undefined && total !== null) {
      throw new OperatingError('bad-argument', `asPercent: total cannot be "${total}"`);
    }
    const { columns, step } = alignSeries(seriesList);
    const name = `sumSeries(${pathExpressionsOf(seriesList)})`;
    const sums = await aggregateRowsInTurns(columns, 'sum', 0, () => context.pause());
    return percentOfTotals(seriesList, sums, name, step, xFilesFactor);
  },
});
