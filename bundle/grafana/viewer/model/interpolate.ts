// Template variables in text: $name, ${name}, ${name:format}, [[name]], [[name:format]].
import { own } from './json.ts';

/** One value, or several of a multi-value variable. */
export type VariableValue = string | string[];

export interface BoundVariable {
  value: VariableValue;
  /** What is shown for the value, for ${name:text}. */
  text?: string;
}

export type Scope = ReadonlyMap<string, BoundVariable>;

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const glob = (values: string[]): string =>
  values.length === 1 ? (values[0] as string) : `{${values.join(',')}}`;

const formats: Record<string, (values: string[], name: string, bound: BoundVariable) => string> = {
  glob,
  csv: (values) => values.join(','),
  raw: (values) => values.join(','),
  pipe: (values) => values.join('|'),
  regex: (values) =>
    values.length === 1
      ? escapeRegex(values[0] as string)
      : `(${values.map(escapeRegex).join('|')})`,
  json: (values, _name, { value }) => JSON.stringify(Array.isArray(value) ? values : values[0]),
  text: (values, _name, { text }) => text ?? values.join(' + '),
  singlequote: (values) => values.map((one) => `'${one.replaceAll("'", "\\'")}'`).join(','),
  doublequote: (values) => values.map((one) => `"${one.replaceAll('"', '\\"')}"`).join(','),
  sqlstring: (values) => values.map((one) => `'${one.replaceAll("'", "''")}'`).join(','),
  distributed: (values, name) =>
    values.map((one, index) => (index === 0 ? one : `${name}=${one}`)).join(','),
  lucene: (values) =>
    values.length === 1
      ? (values[0] as string).replace(/[+\-=&|><!(){}[\]^"~*?:\\/]/g, '\\$&')
      : `(${values.map((one) => `"${one.replaceAll('"', '\\"')}"`).join(' OR ')})`,
  percentencode: (values) => encodeURIComponent(glob(values)),
  queryparam: (values, name) =>
    values.map((one) => `var-${name}=${encodeURIComponent(one)}`).join('&'),
};

const reference = /\$(\w+)|\$\{(\w+)(?:\.[^:}]+)?(?::([^}]+))?\}|\[\[(\w+?)(?::(\w+))?\]\]/g;

/** `text` with every known variable put in; an unknown one stays as it is written. */
export function interpolate(text: string, scope: Scope, defaultFormat = 'glob'): string {
  return text.replace(reference, (whole, bare, braced, bracedFormat, square, squareFormat) => {
    const name: string = bare ?? braced ?? square;
    const bound = scope.get(name);
    if (bound === undefined) return whole;
    const values = Array.isArray(bound.value) ? bound.value : [bound.value];
    const format = own(formats, bracedFormat ?? squareFormat ?? defaultFormat) ?? glob;
    return values.length === 0 ? '' : format(values, name, bound);
  });
}

/** Names of the variables `text` refers to. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(reference)].map((match) => (match[1] ?? match[2] ?? match[4]) as string);
}
