// Literal arguments as the user wrote them, for names.
import type { Expression } from '../expression/ast.ts';
import { formatFloat } from './format-number.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** The expression given for a parameter by position or keyword, or undefined. */
export function writtenArgument(call: Call, name: string, index: number): Expression | undefined {
  return call.args[index] ?? call.kwargs.find((argument) => argument.name === name)?.value;
}

/** A number as it shows in names: `100` if written so or left out, `100.0` or `1e+16` if written as a float. */
export function numberAsWritten(call: Call, name: string, index: number, value: number): string {
  const written = writtenArgument(call, name, index);
  const isFloat = written?.kind === 'number' && !/^[+-]?\d+$/.test(written.text);
  return isFloat || !Number.isInteger(value) ? formatFloat(value) : String(value);
}

/** A number exactly as it was written in the call. */
export function writtenText(call: Call, name: string, index: number, value: number): string {
  const written = writtenArgument(call, name, index);
  return written?.kind === 'number' ? written.text : String(value);
}
