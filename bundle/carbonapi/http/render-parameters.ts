// Reads the parameters of /render: targets, time range, format, display options.
import { HttpError, type HttpRequest } from '../../core/http.ts';
import { imageParameters } from '../drawing/index.ts';
import { parseTime } from '../expression/time-range.ts';
import { checkTimeZone } from '../expression/time-zone.ts';
import type { RenderFormat } from '../formats/format.ts';
import { formatNamed, renderFormats } from '../formats/index.ts';
import type { TimeWindow } from '../series.ts';
import { type Api, flag, listOf } from './api.ts';

export interface RenderParameters {
  targets: string[];
  window: TimeWindow;
  now: number;
  timeZone: string;
  format: RenderFormat;
  maxDataPoints: number | undefined;
  xFilesFactor: number;
  noNullPoints: boolean;
  timeZeros: number;
  pretty: boolean;
  noCache: boolean;
  template: Map<string, string>;
  /** Everything as sent. */
  parameters: URLSearchParams;
}

const secondsPerDay = 86_400;
const timeUnits: Record<string, number> = {
  '': 0,
  s: 0,
  ms: 3,
  millisecond: 3,
  milliseconds: 3,
  us: 6,
  microsecond: 6,
  microseconds: 6,
  ns: 9,
  nanosecond: 9,
  nanoseconds: 9,
};

/**
 * Graphite draws an image when a request names no format; programs that read ours expect JSON. So a
 * request gets an image if anything in it is about images: a parameter, or the browser's <img>.
 */
function defaultFormat(parameters: URLSearchParams, accept: string): string {
  const isImage = imageParameters.some((name) => parameters.has(name));
  return isImage || accept.startsWith('image/') ? 'png' : 'json';
}

function formatOf(parameters: URLSearchParams, accept: string): RenderFormat {
  // Graphite's older ways to ask for these two; `format` counts more.
  const older = flag(parameters, 'rawData') ? 'raw' : flag(parameters, 'pickle') ? 'pickle' : '';
  const name = parameters.get('format') || older || defaultFormat(parameters, accept);
  const format = formatNamed(name.toLowerCase());
  if (format !== undefined) return format;
  const known = renderFormats.map(({ names }) => names[0]).join(', ');
  throw new HttpError(400, `there is no render format "${name}"; known are ${known}`);
}

/** The zone of a request; one nobody knows (Grafana sends "browser") means the configured one. */
export function timeZoneOf(parameters: URLSearchParams, fallback: string): string {
  const zone = parameters.get('tz');
  if (zone === null || zone === '') return fallback;
  try {
    checkTimeZone(zone);
    return zone;
  } catch {
    return fallback;
  }
}

/** `from` and `until` of a request as they are given; the last day by default. */
export function timesOf(
  parameters: URLSearchParams,
  context: { now: number; timeZone: string },
): TimeWindow {
  const read = (name: string, fallback: number): number => {
    const text = parameters.get(name);
    return text === null || text.trim() === '' ? fallback : parseTime(text, context);
  };
  return {
    start: read('from', context.now - secondsPerDay),
    end: read('until', context.now),
  };
}

/** `from` and `until` of a request, the earlier first. */
export function windowOf(
  parameters: URLSearchParams,
  context: { now: number; timeZone: string },
): TimeWindow {
  const { start, end } = timesOf(parameters, context);
  if (start === end)
    throw new HttpError(400, 'the time range is empty: from and until are the same');
  return start < end ? { start, end } : { start: end, end: start };
}

/** A number written in digits alone; anything else is as if it were not there, as in Graphite. */
function positiveInteger(text: string | null): number | undefined {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  return value >= 1 ? value : undefined;
}

/** The Go carbonapi's `timestampFormat`: the unit of times in JSON. */
function timeZerosOf(parameters: URLSearchParams): number {
  const unit = parameters.get('timestampFormat') ?? '';
  const zeros = timeUnits[unit.toLowerCase()];
  if (zeros !== undefined) return zeros;
  throw new HttpError(400, `there is no timestampFormat "${unit}"; known are s, ms, us, ns`);
}

/** Reads and checks everything /render takes. Throws HttpError or OperatingError for the client. */
export function readRenderParameters(
  api: Api,
  { parameters, headers }: HttpRequest,
): RenderParameters {
  const { limits, timeZone: zone } = api.config;
  const targets = listOf(parameters, 'target').map((target) => target.trim());
  if (targets.length > limits.targets)
    throw new HttpError(400, `more than ${limits.targets} targets in one request (limits.targets)`);
  const long = targets.find((target) => target.length > limits.targetCharacters);
  if (long !== undefined)
    throw new HttpError(
      400,
      `a target is longer than ${limits.targetCharacters} characters (limits.targetCharacters)`,
    );
  const timeZone = timeZoneOf(parameters, zone);
  const clockNow = Math.floor(api.clock() / 1000);
  const nowText = parameters.get('now');
  const now =
    nowText === null || nowText === '' ? clockNow : parseTime(nowText, { now: clockNow, timeZone });
  const factorText = parameters.get('xFilesFactor') ?? '0';
  const xFilesFactor = factorText.trim() === '' ? Number.NaN : Number(factorText);
  if (!Number.isFinite(xFilesFactor))
    throw new HttpError(400, 'xFilesFactor must be a number, as a rule from 0 to 1');
  const template = new Map<string, string>();
  for (const [name, value] of parameters) {
    const variable = /^template\[(\w+)\]$/.exec(name)?.[1];
    if (variable !== undefined) template.set(variable, value);
  }
  return {
    targets,
    window: windowOf(parameters, { now, timeZone }),
    now,
    timeZone,
    format: formatOf(parameters, headers.accept ?? ''),
    parameters,
    maxDataPoints: positiveInteger(parameters.get('maxDataPoints')),
    xFilesFactor,
    noNullPoints: flag(parameters, 'noNullPoints'),
    timeZeros: timeZerosOf(parameters),
    pretty: flag(parameters, 'pretty'),
    noCache: flag(parameters, 'noCache'),
    template,
  };
}
