// groupByNode, groupByNodes, groupByTags: one combined series per group.
import { OperatingError } from '../../../core/errors.ts';
import { isAggregation } from '../../../points/aggregation.ts';
import { type Series, withSeries } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { groupBy, nodesKey, tagsOfName } from '../names.ts';
import { callbackNames, optionalNodes, seriesList } from '../params.ts';

const requiredCallback = {
  name: 'callback',
  type: 'aggOrSeriesFunc',
  required: true,
  options: callbackNames,
  acceptsOther: true,
} as const;

/** A group by an aggregation or by any function of one series list; the first series counts. */
async function callBack(
  callback: string,
  group: Series[],
  context: EvaluationContext,
): Promise<Series[]> {
  // "avg" is averageSeries here, whose results call themselves averages.
  if (callback === 'avg') return [await combineSeries(group, 'average', context)];
  if (!isAggregation(callback)) {
    const result = await context.callFunction(callback, [group]);
    if (result !== undefined) return result;
  }
  return [await combineSeries(group, callback, context)];
}

async function combineGroups(
  groups: Map<string, Series[]>,
  callback: string,
  context: EvaluationContext,
): Promise<Series[]> {
  const combined: Series[] = [];
  for (const [name, group] of groups) {
    const [series] = await callBack(callback, group, context);
    if (series !== undefined) combined.push(withSeries(series, { name }));
  }
  return combined;
}

export const groupByNode = defineFunction({
  name: 'groupByNode',
  group: 'Combine',
  params: [
    seriesList,
    { name: 'nodeNum', type: 'nodeOrTag', required: true },
    {
      name: 'callback',
      type: 'aggOrSeriesFunc',
      default: 'average',
      options: callbackNames,
      acceptsOther: true,
    },
  ],
  description:
    'Combines the series that have the same node (or tag) into one series named after it. ' +
    '`callback` is an aggregation or a function of one series list.',
  examples: ['groupByNode(servers.*.cpu.*.user, 1, "sumSeries")'],
  evaluate: ({ seriesList, nodeNum, callback }, context) =>
    combineGroups(
      groupBy(seriesList, (series) => nodesKey(series, [nodeNum])),
      callback,
      context,
    ),
});

export const groupByNodes = defineFunction({
  name: 'groupByNodes',
  group: 'Combine',
  params: [seriesList, requiredCallback, optionalNodes],
  description:
    'Combines the series that have the same nodes (or tags) into one series named after them, ' +
    'joined by dots.',
  examples: ['groupByNodes(servers.*.cpu.*.user, "sum", 1, 4)'],
  evaluate: ({ seriesList, callback, nodes }, context) =>
    combineGroups(
      groupBy(seriesList, (series) => nodesKey(series, nodes)),
      callback,
      context,
    ),
});

export const groupByTags = defineFunction({
  name: 'groupByTags',
  group: 'Combine',
  params: [
    seriesList,
    requiredCallback,
    { name: 'tags', type: 'tag', required: true, multiple: true },
  ],
  description:
    'Combines the series that have the same values of the given tags. A result is named after ' +
    'the metric, if all have the same, and its tags.',
  examples: ['groupByTags(seriesByTag("name=disk.used"), "sum", "datacenter")'],
  evaluate: async ({ seriesList, callback, tags }, context) => {
    if (tags.length === 0) throw new OperatingError('bad-argument', 'groupByTags: it needs a tag');
    const metrics = new Set(seriesList.map((series) => series.tags['name'] ?? ''));
    const shared = metrics.size === 1 ? [...metrics].join() : callback;
    const keyOf = (series: Series): string => {
      const metric = tags.includes('name') ? (series.tags['name'] ?? '') : shared;
      const pairs = tags
        .filter((tag) => tag !== 'name')
        .map((tag) => `${tag}=${series.tags[tag] ?? ''}`)
        .sort();
      return [metric, ...pairs].join(';');
    };
    const combined = await combineGroups(groupBy(seriesList, keyOf), callback, context);
    return combined.map((series) =>
      withSeries(series, { pathExpression: series.name, tags: tagsOfName(series.name) }),
    );
  },
});
