// Panels of older Grafana versions as today's: graph → timeseries, singlestat → stat or gauge,
// old table → table, text.
import {
  asList,
  asNumber,
  asRecord,
  asRecords,
  asText,
  asTexts,
  at,
  type Json,
  own,
} from './json.ts';

const calculationOf: Record<string, string> = {
  current: 'lastNotNull',
  avg: 'mean',
  total: 'sum',
  min: 'min',
  max: 'max',
  first: 'firstNotNull',
  delta: 'diff',
  diff: 'diff',
  range: 'range',
};

const legendValues = ['min', 'max', 'avg', 'current', 'total'];

function legendOf(legend: Json): Json {
  const calcs = legendValues
    .filter((name) => legend['values'] !== false && legend[name] === true)
    .map((name) => calculationOf[name]);
  return {
    displayMode: legend['alignAsTable'] === true ? 'table' : 'list',
    placement: legend['rightSide'] === true ? 'right' : 'bottom',
    showLegend: legend['show'] !== false,
    calcs,
  };
}

function axisOptions(axis: Json): Json {
  const options: Json = {};
  const [min, max, decimals] = ['min', 'max', 'decimals'].map((key) => asNumber(axis[key]));
  if (min !== undefined) options['min'] = min;
  if (max !== undefined) options['max'] = max;
  if (decimals !== undefined) options['decimals'] = decimals;
  return options;
}

const thresholdColors: Record<string, string> = { ok: 'green', warning: 'orange', critical: 'red' };

function graphThresholds(list: Json[]): { steps: Json[]; style: string } | undefined {
  if (list.length === 0) return undefined;
  const colorOfThreshold = (one: Json): string =>
    asText(one['lineColor']) ||
    asText(one['fillColor']) ||
    (own(thresholdColors, asText(one['colorMode'])) ?? 'red');
  const sorted = [...list].sort(
    (a, b) => (asNumber(a['value']) ?? 0) - (asNumber(b['value']) ?? 0),
  );
  const isBelow = sorted[0]?.['op'] === 'lt';
  const steps: Json[] = [
    { color: isBelow ? colorOfThreshold(sorted[0] as Json) : 'transparent', value: null },
    ...sorted.map((one) => ({
      color: one['op'] === 'lt' ? 'transparent' : colorOfThreshold(one),
      value: asNumber(one['value']) ?? 0,
    })),
  ];
  const hasLine = sorted.some((one) => one['line'] === true);
  const hasFill = sorted.some((one) => one['fill'] === true);
  return { steps, style: hasLine && hasFill ? 'line+area' : hasFill ? 'area' : 'line' };
}

function overrideProperties(override: Json, rightAxis: Json): Json[] {
  const properties: Json[] = [];
  const add = (id: string, value: unknown): void => void properties.push({ id, value });
  if (override['color'] !== undefined)
    add('color', { mode: 'fixed', fixedColor: asText(override['color']) });
  if (override['yaxis'] === 2) {
    add('custom.axisPlacement', 'right');
    if (rightAxis['format'] !== undefined) add('unit', rightAxis['format']);
    for (const [key, value] of Object.entries(axisOptions(rightAxis))) add(key, value);
  }
  if (override['transform'] === 'negative-Y') add('custom.transform', 'negative-Y');
  const fill = asNumber(override['fill']);
  if (fill !== undefined) add('custom.fillOpacity', fill * 10);
  const width = asNumber(override['linewidth']);
  if (width !== undefined) add('custom.lineWidth', width);
  if (override['lines'] === false) add('custom.lineWidth', 0);
  if (override['bars'] === true) add('custom.drawStyle', 'bars');
  if (override['points'] === true) add('custom.showPoints', 'always');
  if (override['steppedLine'] === true) add('custom.lineInterpolation', 'stepAfter');
  if (override['dashes'] === true) add('custom.lineStyle', { fill: 'dash', dash: [10, 10] });
  if (override['legend'] === false)
    add('custom.hideFrom', { legend: true, tooltip: false, viz: false });
  if (override['stack'] === false) add('custom.stacking', { mode: 'none', group: 'A' });
  else if (override['stack'] !== undefined)
    add('custom.stacking', { mode: 'normal', group: asText(override['stack']) || 'A' });
  if (override['nullPointMode'] === 'connected') add('custom.spanNulls', true);
  return properties;
}

function matcherOf(alias: string): Json {
  return /^\/.*\/[a-z]*$/.test(alias)
    ? { id: 'byRegexp', options: alias }
    : { id: 'byName', options: alias };
}

const colorOverrides = (panel: Json): Json[] =>
  Object.entries(asRecord(panel['aliasColors'])).map(([alias, color]) => ({
    matcher: matcherOf(alias),
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: asText(color) } }],
  }));

/** "null as zero" has no drawing option any more; Graphite says it in the query. */
function withNullsAsZero(targets: unknown): Json[] {
  return asRecords(targets).map((one) =>
    one['hide'] === true || asText(one['target']) === ''
      ? one
      : { ...one, target: `transformNull(${asText(one['target'])}, 0)` },
  );
}

function drawStyleOf(panel: Json): string {
  if (panel['bars'] === true && panel['lines'] !== true) return 'bars';
  return panel['lines'] === false && panel['points'] === true ? 'points' : 'line';
}

const graphKeys = [
  'aliasColors', 'bars', 'dashLength', 'dashes', 'fill', 'fillGradient', 'hiddenSeries', 'legend',
  'lines', 'linewidth', 'nullPointMode', 'percentage', 'pointradius', 'points', 'renderer',
  'seriesOverrides', 'spaceLength', 'stack', 'steppedLine', 'thresholds', 'timeRegions', 'tooltip',
  'xaxis', 'yaxes', 'yaxis', 'grid', 'x-axis', 'y-axis', 'y_formats', 'leftYAxisLabel',
  'rightYAxisLabel', 'editable', 'error', 'decimals',
]; // biome-ignore format: a list of names

function without(panel: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(panel).filter(([key]) => !keys.includes(key)));
}

function migrateGraph(panel: Json): Json {
  const axes = asRecords(panel['yaxes']);
  const left: Json = axes[0] ?? { format: asList(panel['y_formats'])[0] };
  const right: Json = axes[1] ?? { format: asList(panel['y_formats'])[1] };
  const thresholds = graphThresholds(asRecords(panel['thresholds']));
  const style = drawStyleOf(panel);
  const isStacked = panel['stack'] === true;
  const custom: Json = {
    drawStyle: style,
    lineInterpolation: panel['steppedLine'] === true ? 'stepAfter' : 'linear',
    lineWidth:
      panel['lines'] === false && style === 'line' ? 0 : (asNumber(panel['linewidth']) ?? 1),
    fillOpacity: style === 'bars' ? 80 : (asNumber(panel['fill']) ?? 1) * 10,
    gradientMode: (asNumber(panel['fillGradient']) ?? 0) > 0 ? 'opacity' : 'none',
    showPoints: panel['points'] === true ? 'always' : 'never',
    pointSize: (asNumber(panel['pointradius']) ?? 2) * 2,
    spanNulls: panel['nullPointMode'] === 'connected',
    stacking: {
      mode: isStacked ? (panel['percentage'] === true ? 'percent' : 'normal') : 'none',
      group: 'A',
    },
    axisPlacement: left['show'] === false ? 'hidden' : 'auto',
    axisLabel: asText(left['label']),
    thresholdsStyle: { mode: thresholds?.style ?? 'off' },
  };
  const logBase = asNumber(left['logBase']) ?? 1;
  if (logBase > 1) custom['scaleDistribution'] = { type: 'log', log: logBase };
  const defaults: Json = {
    unit: asText(left['format'], 'short'),
    ...axisOptions({ ...left, decimals: left['decimals'] ?? panel['decimals'] }),
    color: { mode: 'palette-classic' },
    custom,
    ...(thresholds === undefined
      ? {}
      : { thresholds: { mode: 'absolute', steps: thresholds.steps } }),
  };
  const overrides = [
    ...colorOverrides(panel),
    ...asRecords(panel['seriesOverrides']).map((one) => ({
      matcher: matcherOf(asText(one['alias'])),
      properties: overrideProperties(one, right),
    })),
  ];
  const tooltip = asRecord(panel['tooltip']);
  const sort = asNumber(tooltip['sort']) ?? 0;
  return {
    ...without(panel, graphKeys),
    type: 'timeseries',
    targets:
      panel['nullPointMode'] === 'null as zero'
        ? withNullsAsZero(panel['targets'])
        : asRecords(panel['targets']),
    fieldConfig: { defaults, overrides },
    options: {
      legend: legendOf(asRecord(panel['legend'])),
      tooltip: {
        mode: tooltip['shared'] === false ? 'single' : 'multi',
        sort: sort === 1 ? 'asc' : sort === 2 ? 'desc' : 'none',
      },
    },
  };
}

const singleStatKeys = [
  'cacheTimeout', 'colorBackground', 'colorPostfix', 'colorPrefix', 'colorValue', 'colors',
  'decimals', 'format', 'gauge', 'mappingType', 'mappingTypes', 'nullPointMode', 'nullText',
  'postfix', 'postfixFontSize', 'prefix', 'prefixFontSize', 'rangeMaps', 'sparkline', 'tableColumn',
  'thresholds', 'valueFontSize', 'valueMaps', 'valueName', 'editable', 'error', 'hideTimeOverride',
]; // biome-ignore format: a list of names

function singleStatMappings(panel: Json): Json[] {
  if (panel['mappingType'] === 2)
    return asRecords(panel['rangeMaps']).map((map) => ({
      type: 'range',
      options: {
        from: asNumber(map['from']) ?? null,
        to: asNumber(map['to']) ?? null,
        result: { text: asText(map['text']) },
      },
    }));
  return asRecords(panel['valueMaps']).map((map) =>
    map['value'] === 'null'
      ? { type: 'special', options: { match: 'null', result: { text: asText(map['text']) } } }
      : { type: 'value', options: { [asText(map['value'])]: { text: asText(map['text']) } } },
  );
}

function migrateSingleStat(panel: Json): Json {
  const colors = asTexts(panel['colors']);
  const limits = asText(panel['thresholds'])
    .split(',')
    .flatMap((part) => asNumber(part.trim()) ?? []);
  const steps = [null, ...limits].map((value, index) => ({
    color: colors[index] ?? ['green', 'orange', 'red'][index] ?? 'red',
    value,
  }));
  const isColored = panel['colorBackground'] === true || panel['colorValue'] === true;
  const isGauge = at(panel, 'gauge', 'show') === true;
  const defaults: Json = {
    unit: asText(panel['format'], 'none'),
    ...axisOptions(panel),
    ...(isGauge
      ? axisOptions({ min: at(panel, 'gauge', 'minValue'), max: at(panel, 'gauge', 'maxValue') })
      : {}),
    mappings: singleStatMappings(panel),
    noValue: asText(panel['nullText']) || undefined,
    color: { mode: isColored || isGauge ? 'thresholds' : 'fixed', fixedColor: 'text' },
    thresholds: { mode: 'absolute', steps },
  };
  const isSparkline = at(panel, 'sparkline', 'show') === true;
  return {
    ...without(panel, singleStatKeys),
    type: isGauge ? 'gauge' : 'stat',
    fieldConfig: { defaults, overrides: [] },
    options: {
      reduceOptions: {
        calcs: [own(calculationOf, asText(panel['valueName'], 'avg')) ?? 'lastNotNull'],
        values: false,
        fields: '',
      },
      colorMode: panel['colorBackground'] === true ? 'background' : 'value',
      graphMode: isSparkline ? 'area' : 'none',
      textMode: panel['valueName'] === 'name' ? 'name' : 'value',
    },
  };
}

function migrateTable(panel: Json): Json {
  const styles = asRecords(panel['styles']);
  const general = styles.find((one) => one['type'] === 'number') ?? {};
  return {
    ...without(panel, [
      'styles',
      'columns',
      'transform',
      'showHeader',
      'scroll',
      'fontSize',
      'sort',
    ]),
    type: 'table',
    fieldConfig: {
      defaults: { unit: asText(general['unit'], 'short'), ...axisOptions(general) },
      overrides: [],
    },
    options: { showHeader: panel['showHeader'] !== false },
  };
}

function migrateText(panel: Json): Json {
  return {
    ...without(panel, ['content', 'mode']),
    options: { mode: asText(panel['mode'], 'markdown'), content: asText(panel['content']) },
  };
}

function migratePie(panel: Json): Json {
  return {
    ...without(panel, [
      'pieType',
      'format',
      'valueName',
      'legend',
      'legendType',
      'aliasColors',
      'combine',
      'strokeWidth',
      'fontSize',
      'breakPoint',
      'nullPointMode',
    ]),
    type: 'piechart',
    fieldConfig: {
      defaults: { unit: asText(panel['format'], 'short'), color: { mode: 'palette-classic' } },
      overrides: colorOverrides(panel),
    },
    options: {
      pieType: asText(panel['pieType'], 'pie'),
      reduceOptions: {
        calcs: [own(calculationOf, asText(panel['valueName'], 'current')) ?? 'lastNotNull'],
        values: false,
        fields: '',
      },
    },
  };
}

/** The panel as today's Grafana writes it; one that is already so stays the same object. */
export function migratePanel(panel: Json): Json {
  const type = panel['type'];
  const isNew = 'fieldConfig' in panel;
  if (type === 'graph') return migrateGraph(panel);
  if (type === 'grafana-piechart-panel') return migratePie(panel);
  if (type === 'singlestat' || type === 'grafana-singlestat-panel') return migrateSingleStat(panel);
  if (type === 'table-old' || (type === 'table' && !isNew && 'styles' in panel))
    return migrateTable(panel);
  if (type === 'text' && 'content' in panel && !('options' in panel)) return migrateText(panel);
  return panel;
}
