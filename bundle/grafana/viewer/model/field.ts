// How one series of a panel is drawn: fieldConfig.defaults with the overrides that match it.
import { asList, asNumber, asRecord, asRecords, asText, at, type Json } from './json.ts';

export interface ThresholdStep {
  /** null stands for minus infinity. */
  value: number | null;
  color: string;
}

export interface Mapping {
  matches(value: number | null): boolean;
  text: string;
  color: string | undefined;
}

export interface Field {
  unit: string;
  decimals: number | undefined;
  min: number | undefined;
  max: number | undefined;
  displayName: string;
  noValue: string;
  /** A fixed color, or '' for the palette, or 'thresholds'. */
  color: string;
  thresholds: ThresholdStep[];
  thresholdsMode: 'absolute' | 'percentage';
  thresholdsStyle: string;
  mappings: Mapping[];
  drawStyle: 'line' | 'bars' | 'points';
  lineInterpolation: 'linear' | 'smooth' | 'stepBefore' | 'stepAfter';
  lineWidth: number;
  dash: number[];
  fillOpacity: number;
  hasGradient: boolean;
  showPoints: 'auto' | 'always' | 'never';
  pointSize: number;
  /** true connects over gaps; a number does for gaps up to that many milliseconds. */
  spanNulls: boolean | number;
  stacking: 'none' | 'normal' | 'percent';
  stackGroup: string;
  axis: 'left' | 'right' | 'hidden';
  axisLabel: string;
  softMin: number | undefined;
  softMax: number | undefined;
  isLogarithmic: boolean;
  isNegative: boolean;
  isHidden: boolean;
  /** Hidden from the legend. */
  isUnlisted: boolean;
}

/** Turns `/text/flags` into a regular expression; undefined when it is none. */
export function regexOf(text: string): RegExp | undefined {
  const match = /^\/(.*)\/([gimsuy]*)$/s.exec(text);
  try {
    return match === null ? undefined : new RegExp(match[1] ?? '', match[2]);
  } catch {
    return undefined;
  }
}

function matches(matcher: Json, name: string, type: string): boolean {
  const { id, options } = matcher;
  if (id === 'byName') return options === name;
  if (id === 'byRegexp') {
    const text = asText(options);
    return (regexOf(text) ?? regexOf(`/${text}/`))?.test(name) ?? false;
  }
  if (id === 'byType') return options === type;
  return false;
}

function setPath(target: Json, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let here = target;
  for (const key of keys) {
    here[key] = { ...asRecord(here[key]) };
    here = here[key] as Json;
  }
  here[last] = value;
}

/** The merged JSON of defaults and overrides for the series called `name`. */
function mergedConfig(fieldConfig: Json, name: string): Json {
  const merged: Json = { ...asRecord(fieldConfig['defaults']) };
  merged['custom'] = { ...asRecord(merged['custom']) };
  for (const override of asRecords(fieldConfig['overrides'])) {
    if (!matches(asRecord(override['matcher']), name, 'number')) continue;
    for (const property of asRecords(override['properties']))
      setPath(merged, asText(property['id']), property['value']);
  }
  return merged;
}

function readMapping(json: Json): Mapping[] {
  const options = asRecord(json['options']);
  if (json['type'] === 'value')
    return Object.entries(options).map(([from, result]) => ({
      matches: (value) => value !== null && String(value) === from,
      text: asText(at(result, 'text')),
      color: asText(at(result, 'color')) || undefined,
    }));
  const result = asRecord(options['result']);
  const text = asText(result['text']);
  const color = asText(result['color']) || undefined;
  if (json['type'] === 'range') {
    const from = asNumber(options['from']) ?? Number.NEGATIVE_INFINITY;
    const to = asNumber(options['to']) ?? Number.POSITIVE_INFINITY;
    const isIn = (value: number | null): boolean => value !== null && value >= from && value <= to;
    return [{ matches: isIn, text, color }];
  }
  if (json['type'] === 'special') {
    const isEmpty = (value: number | null): boolean => value === null;
    return /null|nan|empty/.test(asText(options['match']))
      ? [{ matches: isEmpty, text, color }]
      : [];
  }
  return [];
}

function readDash(custom: Json): number[] {
  const style = asRecord(custom['lineStyle']);
  const dash = asList(style['dash']).flatMap((one) => asNumber(one) ?? []);
  if (style['fill'] === 'dash') return dash.length > 0 ? dash : [10, 10];
  return style['fill'] === 'dot' ? [0, 6] : [];
}

const oneOf = <T extends string>(value: unknown, known: readonly T[]): T =>
  known.find((one) => one === value) ?? (known[0] as T);

function readColor(config: Json): string {
  const color = asRecord(config['color']);
  if (color['mode'] === 'fixed' || color['mode'] === 'shades') return asText(color['fixedColor']);
  return color['mode'] === 'thresholds' ? 'thresholds' : '';
}

/** Reads what applies to the series called `name`; everything missing has Grafana's default. */
export function resolveField(fieldConfig: Json, name: string): Field {
  const config = mergedConfig(fieldConfig, name);
  const custom = asRecord(config['custom']);
  const thresholds = asRecord(config['thresholds']);
  const stacking = asRecord(custom['stacking']);
  const hideFrom = asRecord(custom['hideFrom']);
  const spanNulls = custom['spanNulls'];
  return {
    unit: asText(config['unit'], 'short'),
    decimals: asNumber(config['decimals']),
    min: asNumber(config['min']),
    max: asNumber(config['max']),
    displayName: asText(config['displayName']),
    noValue: asText(config['noValue']),
    color: readColor(config),
    thresholds: asRecords(thresholds['steps']).map((step) => ({
      value: asNumber(step['value']) ?? null,
      color: asText(step['color'], 'green'),
    })),
    thresholdsMode: oneOf(thresholds['mode'], ['absolute', 'percentage']),
    thresholdsStyle: asText(at(custom, 'thresholdsStyle', 'mode'), 'off'),
    mappings: asRecords(config['mappings']).flatMap(readMapping),
    drawStyle: oneOf(custom['drawStyle'], ['line', 'bars', 'points']),
    lineInterpolation: oneOf(custom['lineInterpolation'], [
      'linear',
      'smooth',
      'stepBefore',
      'stepAfter',
    ]),
    lineWidth: asNumber(custom['lineWidth']) ?? 1,
    dash: readDash(custom),
    fillOpacity: asNumber(custom['fillOpacity']) ?? 0,
    hasGradient: !['none', undefined].includes(custom['gradientMode'] as string | undefined),
    showPoints: oneOf(custom['showPoints'], ['auto', 'always', 'never']),
    pointSize: asNumber(custom['pointSize']) ?? 5,
    spanNulls: typeof spanNulls === 'number' ? spanNulls : spanNulls === true,
    stacking: oneOf(stacking['mode'], ['none', 'normal', 'percent']),
    stackGroup: asText(stacking['group'], 'A'),
    axis: oneOf(custom['axisPlacement'], ['left', 'right', 'hidden']),
    axisLabel: asText(custom['axisLabel']),
    softMin: asNumber(custom['axisSoftMin']),
    softMax: asNumber(custom['axisSoftMax']),
    isLogarithmic: at(custom, 'scaleDistribution', 'type') === 'log',
    isNegative: custom['transform'] === 'negative-Y',
    isHidden: hideFrom['viz'] === true,
    isUnlisted: hideFrom['legend'] === true,
  };
}

/** The color of the highest step at or below `value`; undefined without steps. */
export function thresholdColor(field: Field, value: number | null): string | undefined {
  const { min = 0, max = 100 } = field;
  let color: string | undefined;
  for (const step of field.thresholds) {
    const from =
      step.value !== null && field.thresholdsMode === 'percentage'
        ? min + ((max - min) * step.value) / 100
        : step.value;
    if (from === null || (value !== null && value >= from)) color = step.color;
  }
  return color;
}

export const mappingOf = (field: Field, value: number | null): Mapping | undefined =>
  field.mappings.find((mapping) => mapping.matches(value));
