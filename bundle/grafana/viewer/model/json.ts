// Reading JSON nobody checked: a wrong type gives the fallback, never an exception.

export type Json = Record<string, unknown>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asRecord = (value: unknown): Json => (isRecord(value) ? value : {});

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const asRecords = (value: unknown): Json[] => asList(value).filter(isRecord);

export const asText = (value: unknown, fallback = ''): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : fallback;

/** A finite number, also one written as text; undefined otherwise. */
export function asNumber(value: unknown): number | undefined {
  if (value === null || value === '' || typeof value === 'boolean') return undefined;
  const number = typeof value === 'number' ? value : Number(value as string);
  return Number.isFinite(number) ? number : undefined;
}

export const asTexts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map((one) =>
    asText(one, String(one)),
  );

/** The value below `path`, or undefined. */
export function at(value: unknown, ...path: string[]): unknown {
  let here: unknown = value;
  for (const key of path) {
    if (!isRecord(here)) return undefined;
    here = here[key];
  }
  return here;
}

export const cloneJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
