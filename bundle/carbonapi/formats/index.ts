// Every render format that ships.
import { csv } from './csv.ts';
import type { RenderFormat } from './format.ts';
import { json } from './json.ts';
import { raw } from './raw.ts';

export const renderFormats: readonly RenderFormat[] = [json, csv, raw];

/** The format a request names, or undefined. */
export function formatNamed(name: string): RenderFormat | undefined {
  return renderFormats.find((format) => format.names.includes(name));
}
