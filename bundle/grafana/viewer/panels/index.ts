// The panel types the viewer draws.
import { own } from '../model/json.ts';
import { createBarGauge, createGauge } from './gauge.ts';
import { createPie } from './pie.ts';
import type { CreateRenderer } from './renderer.ts';
import { createStat } from './stat.ts';
import { createTable } from './table.ts';
import { createText } from './text.ts';
import { createTimeSeries } from './time-series.ts';

export interface PanelType {
  text: string;
  create: CreateRenderer;
  needsData: boolean;
}

export const panelTypes: Record<string, PanelType> = {
  timeseries: { text: 'Time series', create: createTimeSeries, needsData: true },
  stat: { text: 'Stat', create: createStat, needsData: true },
  gauge: { text: 'Gauge', create: createGauge, needsData: true },
  bargauge: { text: 'Bar gauge', create: createBarGauge, needsData: true },
  piechart: { text: 'Pie chart', create: createPie, needsData: true },
  table: { text: 'Table', create: createTable, needsData: true },
  text: { text: 'Text', create: createText, needsData: false },
};

/** The panel type called `id`, or undefined. */
export const panelTypeOf = (id: string): PanelType | undefined => own(panelTypes, id);
