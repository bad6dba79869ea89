// template(): replaces $name in the paths of an expression by the values given for it.
import type { Expression } from './ast.ts';

export type TemplateValues = Map<string, Expression>;

const numericText = /^-?[\d.]+$/;

function plainText(value: Expression): string {
  if (value.kind === 'string' || value.kind === 'boolean') return String(value.value);
  return value.kind === 'none' ? 'None' : value.text;
}

function literal(value: Expression): Expression {
  if (value.kind !== 'string' || !numericText.test(value.value)) return value;
  const number = Number(value.value);
  if (Number.isNaN(number)) return value;
  // To Graphite it is a float, and names show it as one.
  const text = /^-?\d+$/.test(value.value) ? `${value.value}.0` : value.value;
  return { kind: 'number', value: number, text };
}

function replaceIn(text: string, names: readonly string[], values: TemplateValues): string {
  let replaced = text;
  for (const name of names) {
    const value = values.get(name);
    if (value !== undefined) replaced = replaced.replaceAll(`$${name}`, plainText(value));
  }
  return replaced;
}

/**
 * A copy of `expression` with every `$name` replaced. An argument that is nothing but `$name`
 * becomes the value itself, a number if it reads as one; elsewhere the text is put in.
 */
export function substituteTemplate(expression: Expression, values: TemplateValues): Expression {
  // Longer names first, so that $host does not eat the beginning of $hostname.
  const names = [...values.keys()].sort((a, b) => b.length - a.length);
  const walk = (node: Expression): Expression => {
    if (node.kind === 'path') {
      const whole = node.text.startsWith('$') ? values.get(node.text.slice(1)) : undefined;
      if (whole !== undefined) return literal(whole);
      return { kind: 'path', text: replaceIn(node.text, names, values) };
    }
    if (node.kind !== 'call') return node;
    return {
      ...node,
      args: node.args.map(walk),
      kwargs: node.kwargs.map(({ name, value }) => ({ name, value: walk(value) })),
      text: replaceIn(node.text, names, values),
    };
  };
  const result = walk(expression);
  // A whole target that is one variable names a metric, whatever its value looks like.
  if (expression.kind === 'path' && result.kind !== 'call')
    return { kind: 'path', text: plainText(result) };
  return result;
}
