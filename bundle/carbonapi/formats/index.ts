// Every render format that ships.
import { csv } from './csv.ts';
import { dygraph } from './dygraph.ts';
import { exchangeFormats } from './exchange.ts';
import type { RenderFormat } from './format.ts';
import { png, svg } from './image.ts';
import { json } from './json.ts';
import { raw } from './raw.ts';
import { rickshaw } from './rickshaw.ts';

export const renderFormats: readonly RenderFormat[] = [
  json,
  csv,
  raw,
  dygraph,
  rickshaw,
  ...exchangeFormats,
  svg,
  png,
];

/** The format a request names, or undefined. */
export function formatNamed(name: string): RenderFormat | undefined {
  return renderFormats.find((format) => format.names.includes(name));
}
