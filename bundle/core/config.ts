// Reading and checking a service's YAML file. A schema (zod) holds the defaults, the units and, in
// its descriptions, the user documentation of each key. The one file that knows yaml and zod's errors.
import { readFileSync } from 'node:fs';
import {
  Document,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml';

import { codeOf, exitCodes, messageOf, OperatingError } from './errors.ts';
import { parseListenAddress } from './listen-address.ts';
import { didYouMean } from './nearest-name.ts';
import * as z from './schema.ts';

export { z };

/** Schema of a `host:port` key. */
export const addressText = () =>
  z.string().superRefine((text, context) => {
    try {
      parseListenAddress(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });

function configError(message: string, cause?: unknown): OperatingError {
  return new OperatingError('bad-config', message, { exitCode: exitCodes.config, cause });
}

type Path = (string | number)[];

function knownKeysAt(schema: z.ZodType, path: Path): string[] {
  let at: unknown = schema;
  const unwrap = (value: unknown): unknown => {
    let inner = value;
    while (
      inner instanceof z.ZodDefault ||
      inner instanceof z.ZodOptional ||
      inner instanceof z.ZodPrefault ||
      inner instanceof z.ZodNullable
    ) {
      inner = inner.unwrap();
    }
    return inner;
  };
  for (const part of path) {
    at = unwrap(at);
    if (at instanceof z.ZodObject) at = at.shape[String(part)];
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else return [];
  }
  at = unwrap(at);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const parent = depth === 0 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (depth > 0 && isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(path[depth - 1]),
      );
      const offset = (pair?.key as Scalar | undefined)?.range?.[0];
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    const node = (depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)) as
      | Node
      | undefined;
    const offset = node?.range?.[0];
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return undefined;
}

/**
 * Checks the text of a configuration file. Throws an OperatingError with code `bad-config` that
 * names file, line and key; an unknown key is an error with the nearest known one.
 */
export function parseConfig<T extends z.ZodType>(
  schema: T,
  text: string,
  file: string,
): z.output<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const line = syntax.linePos?.[0].line;
    const reason = syntax.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    throw configError(`${file}:${line ?? 1}: ${reason}`, syntax);
  }
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys
        .map((key) => {
          const whole = [...path, key];
          const line = lineOf(document, lines, whole);
          const hint = didYouMean(key, knownKeysAt(schema, path));
          return `${file}:${line ?? 1}: unknown key "${whole.join('.')}"${hint}`;
        })
        .join('\n');
    }
    return `${file}:${lineOf(document, lines, path) ?? 1}: "${path.join('.')}": ${issue.message}`;
  });
  throw configError(problems.join('\n'));
}

/** Reads and checks `file`; a missing file is an error. */
export function loadConfig<T extends z.ZodType>(schema: T, file: string): z.output<T> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw configError(`cannot read the configuration ${file}: ${reason}`, error);
  }
  return parseConfig(schema, text, file);
}

function describe(schema: unknown): string | undefined {
  let at = schema;
  while (at instanceof z.ZodType) {
    if (at.description !== undefined) return at.description;
    if (at instanceof z.ZodDefault || at instanceof z.ZodOptional || at instanceof z.ZodPrefault) {
      at = at.unwrap();
    } else return undefined;
  }
  return undefined;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  let at = schema;
  while (at instanceof z.ZodDefault || at instanceof z.ZodOptional || at instanceof z.ZodPrefault) {
    at = at.unwrap();
  }
  return at instanceof z.ZodObject ? at.shape : undefined;
}

function addComments(node: unknown, schema: unknown): void {
  const shape = shapeOf(schema);
  if (!isMap(node) || shape === undefined) return;
  for (const pair of node.items) {
    if (!isScalar(pair.key)) continue;
    const member = shape[String(pair.key.value)];
    const text = describe(member);
    if (text !== undefined) pair.key.commentBefore = text.replace(/^/gm, ' ');
    addComments(pair.value, member);
  }
}

/** A checked configuration with all its keys as commented YAML, the comments from the schema. */
export function printConfig(schema: z.ZodType, value: unknown): string {
  const document = new Document(value);
  addComments(document.contents, schema);
  return document.toString({ lineWidth: 100 });
}

/** The same of the defaults. */
export function printDefaultConfig(schema: z.ZodType): string {
  return printConfig(schema, schema.parse({}));
}
