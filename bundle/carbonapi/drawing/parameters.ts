// Graphite's parameters for images, read from a request. What cannot be read falls back to the
// default: an image with a wrong colour helps more than an error message in its place.
import { type Color, parseColor } from './color.ts';

const lineModes = ['slope', 'staircase', 'connected'] as const;
const areaModes = ['none', 'first', 'all', 'stacked'] as const;
export const unitSystems = ['si', 'binary', 'sec', 'msec', 'none'] as const;
const pieModes = ['average', 'maximum', 'minimum'] as const;

const widthMax = 4000;

export interface AxisParameters {
  min: number | undefined;
  max: number | undefined;
  step: number | undefined;
  /** The axis ends here even if values go beyond. */
  limit: number | undefined;
}

export interface DrawingParameters {
  graphType: 'line' | 'pie';
  pieMode: (typeof pieModes)[number];
  valueLabels: 'none' | 'number' | 'percent';
  width: number;
  height: number;
  margin: number;
  fontSize: number;
  fontBold: boolean;
  fontItalic: boolean;
  background: Color;
  foreground: Color;
  majorGrid: Color;
  minorGrid: Color;
  colors: Color[];
  title: string;
  leftTitle: string;
  rightTitle: string;
  lineMode: (typeof lineModes)[number];
  areaMode: (typeof areaModes)[number];
  areaAlpha: number | undefined;
  lineWidth: number;
  logBase: number | undefined;
  unitSystem: (typeof unitSystems)[number];
  left: AxisParameters;
  right: AxisParameters;
  xFormat: string | undefined;
  timeZone: string;
  drawNullAsZero: boolean;
  uniqueLegend: boolean;
  /** Undefined: shown unless there are many series. */
  hideLegend: boolean | undefined;
  hideAxes: boolean;
  hideXAxis: boolean;
  hideYAxis: boolean;
  hideGrid: boolean;
  graphOnly: boolean;
}

const black: Color = { css: '#000000', alpha: 1 };
const white: Color = { css: '#ffffff', alpha: 1 };

interface Template {
  background: string;
  foreground: string;
  majorGrid: string;
  minorGrid: string;
  colors: string;
}

const light: Template = {
  background: 'white',
  foreground: 'black',
  majorGrid: 'rose',
  minorGrid: 'grey',
  colors: 'blue,green,red,purple,brown,yellow,aqua,grey,magenta,pink,gold,rose',
};
const dark: Template = { ...light, background: 'black', foreground: 'white', majorGrid: 'white' };
/** Those that Graphite ships as examples and that dashboards therefore name. */
const templates: Record<string, Template> = {
  default: light,
  plain: light,
  classic: dark,
  noc: { ...dark, colors: 'blue,green,red,yellow,purple,brown,aqua,grey,magenta,pink,gold,rose' },
  summary: { ...dark, colors: '6666ff,66ff66,ff6666' },
  alphas: {
    ...light,
    majorGrid: 'grey',
    minorGrid: 'rose',
    colors: '00ff00aa,ff000077,00337799',
  },
};

/** The parameters of an image. `timeZone` is the request's. */
export function readDrawingParameters(
  parameters: URLSearchParams,
  timeZone: string,
): DrawingParameters {
  const text = (name: string): string => parameters.get(name) ?? '';
  const isSet = (name: string): boolean => /^(1|true|yes|on)$/i.test(text(name));
  const number = (name: string): number | undefined => {
    const value = Number(text(name));
    return text(name) === '' || !Number.isFinite(value) ? undefined : value;
  };
  const size = (name: string, fallback: number): number =>
    Math.min(widthMax, Math.max(20, Math.round(number(name) ?? fallback)));
  const template = templates[text('template')] ?? light;
  const color = (name: string, fallback: string): Color =>
    parseColor(text(name)) ?? parseColor(fallback) ?? black;
  const choice = <T extends string>(name: string, known: readonly T[], fallback: T): T =>
    known.find((each) => each === text(name).toLowerCase()) ?? fallback;
  const listed = (text('colorList') || template.colors).split(',').flatMap((each) => {
    return parseColor(each) ?? [];
  });
  const axis = (side: string): AxisParameters => ({
    min: number(`yMin${side}`) ?? (side === 'Left' ? number('yMin') : undefined),
    max: number(`yMax${side}`) ?? (side === 'Left' ? number('yMax') : undefined),
    step: number(`yStep${side}`) ?? (side === 'Left' ? number('yStep') : undefined),
    limit: number(`yLimit${side}`) ?? (side === 'Left' ? number('yLimit') : undefined),
  });
  const logBase = text('logBase') === 'e' ? Math.E : number('logBase');
  return {
    graphType: choice('graphType', ['line', 'pie'], 'line'),
    pieMode: choice('pieMode', pieModes, 'average'),
    valueLabels: choice('valueLabels', ['none', 'number', 'percent'], 'percent'),
    width: size('width', 330),
    height: size('height', 250),
    margin: Math.max(0, Math.min(200, number('margin') ?? 10)),
    fontSize: Math.max(4, Math.min(100, number('fontSize') ?? 10)),
    fontBold: isSet('fontBold'),
    fontItalic: isSet('fontItalic'),
    background: color('bgcolor', template.background),
    foreground: color('fgcolor', template.foreground),
    majorGrid: color('majorGridLineColor', template.majorGrid),
    minorGrid: color('minorGridLineColor', template.minorGrid),
    colors: listed.length > 0 ? listed : [white],
    title: text('title'),
    leftTitle: text('vtitle'),
    rightTitle: text('vtitleRight'),
    lineMode: choice('lineMode', lineModes, 'slope'),
    areaMode: choice('areaMode', areaModes, 'none'),
    areaAlpha: number('areaAlpha'),
    lineWidth: Math.max(0, Math.min(100, number('lineWidth') ?? 1.2)),
    logBase: logBase !== undefined && logBase > 1 ? logBase : undefined,
    unitSystem: choice('yUnitSystem', unitSystems, 'si'),
    left: axis('Left'),
    right: axis('Right'),
    xFormat: text('xFormat') === '' ? undefined : text('xFormat'),
    timeZone,
    drawNullAsZero: isSet('drawNullAsZero'),
    uniqueLegend: isSet('uniqueLegend'),
    hideLegend: text('hideLegend') === '' ? undefined : isSet('hideLegend'),
    hideAxes: isSet('hideAxes'),
    hideXAxis: isSet('hideXAxis'),
    hideYAxis: isSet('hideYAxis'),
    hideGrid: isSet('hideGrid'),
    graphOnly: isSet('graphOnly'),
  };
}

/** Parameters that only images have; a request with one of them and no format wants an image. */
export const imageParameters = ['width', 'height', 'graphType', 'graphOnly', 'bgcolor', 'lineMode'];
