// The contract of a panel type: it gets data again and again and draws into one element.

import type { MetricEvent } from '../api.ts';
import { colorOf, palette } from '../model/colors.ts';
import type { Panel } from '../model/dashboard.ts';
import { type Field, resolveField } from '../model/field.ts';
import { interpolate } from '../model/interpolate.ts';
import { asList, asText, at } from '../model/json.ts';
import { calculate, type Series } from '../model/series.ts';
import type { TimeRange } from '../model/time-range.ts';

export interface PanelData {
  panel: Panel;
  series: Series[];
  range: TimeRange;
  events: MetricEvent[];
  isUtc: boolean;
}

export interface PanelHost {
  /** The element to draw into; its size is the panel's. */
  element: HTMLElement;
  /** Zooms the whole dashboard. */
  onZoom(fromMs: number, toMs: number): void;
  /** Crosshairs of one dashboard move together under this key; undefined when they do not. */
  crosshairKey: string | undefined;
}

export interface Renderer {
  update(data: PanelData): void;
  /** The element has another size. */
  resize?(): void;
  /** The theme changed. */
  redraw?(): void;
  destroy(): void;
}

export type CreateRenderer = (host: PanelHost) => Renderer;

/** A series with everything needed to draw it. */
export interface DrawnSeries {
  series: Series;
  field: Field;
  name: string;
  color: string;
}

/** Fields, shown names and colors for all series of a panel. */
export function drawnSeries({ panel, series }: PanelData): DrawnSeries[] {
  return series.map((one, index) => {
    const field = resolveField(panel.fieldConfig, one.name);
    const shown = field.displayName
      .replaceAll('${__series.name}', one.name)
      .replaceAll('${__field.name}', one.name);
    const isFixed = field.color !== '' && field.color !== 'thresholds';
    return {
      series: one,
      field,
      name: shown === '' ? one.name : interpolate(shown, panel.scope, 'text'),
      color: isFixed ? colorOf(field.color) : (palette[index % palette.length] as string),
    };
  });
}

/** The calculation a stat-like panel shows. */
export function reducerOf(panel: Panel): string {
  return asText(asList(at(panel.options, 'reduceOptions', 'calcs'))[0], 'lastNotNull');
}

export const reduced = ({ series }: DrawnSeries, reducer: string): number | null =>
  calculate(series.values, reducer);
