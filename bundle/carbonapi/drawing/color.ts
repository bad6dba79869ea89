// Colours by Graphite's names or in hexadecimal.

export interface Color {
  /** "#rrggbb". */
  css: string;
  /** 0 to 1. */
  alpha: number;
}

/** Graphite's own shades; other CSS names do not exist there and are read as such. */
const named: Record<string, string> = {
  black: '#000000',
  white: '#ffffff',
  blue: '#6464ff',
  green: '#00c800',
  red: '#c80032',
  yellow: '#ffff00',
  orange: '#ffa500',
  purple: '#c864ff',
  brown: '#966432',
  cyan: '#00ffff',
  aqua: '#009696',
  gray: '#afafaf',
  grey: '#afafaf',
  magenta: '#ff00ff',
  pink: '#ff6464',
  gold: '#c8c800',
  rose: '#c896c8',
  darkblue: '#0000ff',
  darkgreen: '#00ff00',
  darkred: '#ff0000',
  darkgray: '#6f6f6f',
  darkgrey: '#6f6f6f',
};

/** Reads "red", "#6464ff", "6464ff" or "6464ffaa"; undefined for anything else. */
export function parseColor(text: string): Color | undefined {
  const lower = text.trim().toLowerCase();
  const known = named[lower];
  if (known !== undefined) return { css: known, alpha: 1 };
  const hex = /^#?([0-9a-f]{6})([0-9a-f]{2})?$/.exec(lower);
  if (hex !== null)
    return {
      css: `#${hex[1]}`,
      alpha: hex[2] === undefined ? 1 : Number.parseInt(hex[2], 16) / 255,
    };
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(lower);
  if (short === null) return undefined;
  const [, r, g, b] = short;
  return { css: `#${r}${r}${g}${g}${b}${b}`, alpha: 1 };
}
