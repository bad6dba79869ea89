// JSON from outside: parsed, and looked at field by field without trusting its shape.
import { messageOf, OperatingError } from '../core/errors.ts';

export type JsonObject = { [key: string]: unknown };

export function badJson(what: string): OperatingError {
  return new OperatingError('bad-json', `cannot read the JSON answer: ${what}`);
}

/** Throws an OperatingError `bad-json` that names what was wrong. */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (error) {
    throw badJson(messageOf(error));
  }
  return objectOf(value);
}

export function objectOf(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badJson('an object was expected');
  return value as JsonObject;
}

/** The array in `key`, empty when absent. */
export function arrayIn(object: JsonObject, key: string): unknown[] {
  const value = object[key] ?? [];
  if (!Array.isArray(value)) throw badJson(`"${key}" is not a list`);
  return value;
}

/** The string in `key`, empty when absent. */
export function stringIn(object: JsonObject, key: string): string {
  const value = object[key] ?? '';
  if (typeof value !== 'string') throw badJson(`"${key}" is not a string`);
  return value;
}

/** The number in `key`, 0 when absent; proto JSON writes 64 bit numbers as strings. */
export function numberIn(object: JsonObject, key: string): number {
  const value = object[key] ?? 0;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) throw badJson(`"${key}" is not a number`);
  return number;
}
