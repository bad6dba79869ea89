// Colors: the palette of series and the names dashboards use.
import { own } from './json.ts';

/** Told apart on dark and on light ground, also by most of those who see red and green alike. */
export const palette = [
  '#3ba272',
  '#e0a83b',
  '#4a90e2',
  '#e0653a',
  '#9a6ee0',
  '#2fb3c0',
  '#d9538f',
  '#8cb33a',
  '#6b7fe8',
  '#c98a5b',
  '#4fb889',
  '#f0c457',
  '#79aef0',
  '#ee8f6d',
  '#b79af0',
  '#6fd0d8',
  '#ea85b4',
  '#b2d366',
  '#98a6f3',
  '#dcae8b',
] as const;

const hues: Record<string, string> = {
  green: '#3ba272',
  red: '#e04f4f',
  orange: '#ef8d3c',
  yellow: '#e8b93f',
  blue: '#4a90e2',
  purple: '#9a6ee0',
  text: 'currentColor',
  transparent: 'transparent',
  white: '#ffffff',
  black: '#000000',
  gray: '#8d99ae',
};

/** `#rrggbb`, `rgb(…)` or a name with an optional dark-, light-, semi-dark-, super-light- before. */
export function colorOf(name: string): string {
  if (/^#[0-9a-f]{3,8}$/i.test(name) || /^(?:rgb|hsl)a?\([\d\s.,%/-]+\)$/i.test(name)) return name;
  const hue = name.replace(/^(?:super-light|semi-dark|light|dark)-/, '');
  return own(hues, hue) ?? (hues['gray'] as string);
}

/** `color` (#rgb or #rrggbb, others stay as they are) with an opacity of 0 to 1. */
export function withOpacity(color: string, opacity: number): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color);
  const long = short
    ? `#${short
        .slice(1)
        .map((digit) => digit + digit)
        .join('')}`
    : color;
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(long);
  if (match === null) return color;
  const [red, green, blue] = match.slice(1).map((hex) => Number.parseInt(hex, 16));
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

/** Black or white, whichever is easier to read on `color`. */
export function inkOn(color: string): string {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (match === null) return '#ffffff';
  const [red = 0, green = 0, blue = 0] = match.slice(1).map((hex) => {
    const share = Number.parseInt(hex, 16) / 255;
    return share <= 0.04 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.28 ? '#10151c' : '#ffffff';
}
