// Writes SVG elements as text.
import type { Color } from './color.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// Control characters are not allowed in XML, escaped or not.
const escapeXml = (text: string): string =>
  text
    .replace(/[&<>"]/g, (character) => escapes[character] ?? '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what has to go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ');

type Attributes = Record<string, string | number | undefined>;

/** Numbers with two decimals at most: pixels need no more. */
export const round = (value: number): number => Math.round(value * 100) / 100;

export function element(name: string, attributes: Attributes, content?: string): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    text += ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value)}"`;
  }
  return content === undefined ? `${text}/>` : `${text}>${content}</${name}>`;
}

export interface TextStyle {
  size: number;
  color: Color;
  anchor?: 'start' | 'middle' | 'end';
  /** Degrees, clockwise, around the anchor. */
  rotate?: number;
}

/** One line of text whose baseline begins (or ends, or has its middle) at x, y. */
export function textElement(text: string, x: number, y: number, style: TextStyle): string {
  const { size, color, anchor = 'start', rotate } = style;
  return element(
    'text',
    {
      x,
      y,
      'font-size': size,
      fill: color.css,
      'fill-opacity': color.alpha === 1 ? undefined : color.alpha,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      transform: rotate === undefined ? undefined : `rotate(${rotate} ${round(x)} ${round(y)})`,
    },
    escapeXml(text),
  );
}

export function line(
  from: { x: number; y: number },
  to: { x: number; y: number },
  color: Color,
  width = 1,
): string {
  return element('line', {
    x1: from.x,
    y1: from.y,
    x2: to.x,
    y2: to.y,
    stroke: color.css,
    'stroke-opacity': color.alpha === 1 ? undefined : color.alpha,
    'stroke-width': width,
  });
}
