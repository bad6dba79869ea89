// Turns a target into a syntax tree: calls, pipes, keyword arguments, literals, templates.
import type { Expression } from './ast.ts';
import { Lexer } from './lexer.ts';
import { substituteTemplate, type TemplateValues } from './template.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** How deep calls may be nested unless the configuration says otherwise. */
const expressionDepthDefault = 64;

export interface ParseOptions {
  depthMax?: number;
  /** `template[name]=value` parameters of the request; they win over those written in the target. */
  template?: ReadonlyMap<string, string>;
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const integerPattern = /^[+-]?\d+$/;
const infinityPattern = /^([+-]?)inf(inity)?$/i;

/** The expression as it would be written, for names; strings keep the quotes they had. */
function textOf(expression: Expression): string {
  switch (expression.kind) {
    case 'path':
    case 'number':
    case 'call':
      return expression.text;
    case 'string':
      return `"${expression.value}"`;
    case 'boolean':
      return String(expression.value);
    case 'none':
      return 'none';
  }
}

function literalOf(word: string): Expression | undefined {
  if (numberPattern.test(word)) {
    // An integer has no negative zero.
    const value = integerPattern.test(word) ? Number(word) + 0 : Number(word);
    return { kind: 'number', value, text: word };
  }
  const infinity = infinityPattern.exec(word);
  if (infinity !== null) {
    const value = infinity[1] === '-' ? -Infinity : Infinity;
    return { kind: 'number', value, text: word };
  }
  const lower = word.toLowerCase();
  if (lower === 'true' || lower === 'false') return { kind: 'boolean', value: lower === 'true' };
  if (lower === 'none') return { kind: 'none' };
  return undefined;
}

class Parser {
  readonly #lexer: Lexer;
  readonly #depthMax: number;
  readonly #template: ReadonlyMap<string, string> | undefined;
  #depth = 0;

  constructor(text: string, options: ParseOptions) {
    this.#lexer = new Lexer(text);
    this.#depthMax = options.depthMax ?? expressionDepthDefault;
    this.#template = options.template;
  }

  parse(): Expression {
    const expression = this.#expression();
    if (this.#lexer.peek() !== '') this.#lexer.fail('the target goes on after its end');
    return expression;
  }

  #expression(): Expression {
    this.#requireDepth(++this.#depth);
    let expression = this.#head();
    let isLeftOut = false;
    // Each call of a pipe has all before it inside.
    for (let piped = 1; this.#lexer.take('|'); piped++) {
      this.#requireDepth(this.#depth + piped);
      const name = this.#lexer.takeNameBefore('(');
      if (name === undefined) this.#lexer.fail('expected a function call after "|"');
      else {
        const call: Call = this.#call(name, expression);
        // Graphite's grammar knows no call with keyword arguments alone: there a pipe ends.
        if (call.args.length === 1 && call.kwargs.length > 0) isLeftOut = true;
        if (!isLeftOut) expression = call;
      }
    }
    this.#depth--;
    return expression;
  }

  #requireDepth(depth: number): void {
    if (depth > this.#depthMax)
      this.#lexer.fail(`calls are nested more than ${this.#depthMax} deep`);
  }

  #head(): Expression {
    const name = this.#lexer.takeNameBefore('(');
    if (name === 'template') return this.#templateCall();
    if (name !== undefined) return this.#call(name, undefined);
    const path = this.#lexer.takePath();
    if (path === undefined) return this.#lexer.fail('expected a metric path or a function call');
    return { kind: 'path', text: path };
  }

  #call(name: string, piped: Expression | undefined): Call {
    const begin = this.#lexer.position - name.length;
    this.#lexer.expect('(', `after ${name}`);
    const argumentsBegin = this.#lexer.position;
    const args: Expression[] = piped === undefined ? [] : [piped];
    const kwargs: { name: string; value: Expression }[] = [];
    if (!this.#lexer.take(')')) {
      do {
        const keyword = this.#lexer.takeNameBefore('=');
        if (keyword !== undefined) {
          this.#lexer.expect('=', `after ${keyword}`);
          kwargs.push({ name: keyword, value: this.#argument() });
        } else if (kwargs.length > 0)
          this.#lexer.fail('a positional argument cannot follow a keyword argument');
        else args.push(this.#argument());
      } while (this.#lexer.take(','));
      this.#lexer.expect(')', `or "," in the arguments of ${name}`);
    }
    const { text, position } = this.#lexer;
    const written =
      piped === undefined
        ? text.slice(begin, position)
        : `${name}(${textOf(piped)}${args.length + kwargs.length > 1 ? ',' : ''}${text.slice(argumentsBegin, position - 1).trim()})`;
    return { kind: 'call', name, args, kwargs, text: written };
  }

  #argument(): Expression {
    const quoted = this.#lexer.takeString();
    if (quoted !== undefined) return { kind: 'string', value: quoted };
    const begin = this.#lexer.position;
    if (this.#lexer.takeNameBefore('(') === undefined) {
      const word = this.#lexer.takePath();
      const literal = word === undefined ? undefined : literalOf(word);
      if (literal !== undefined && this.#lexer.peek() !== '|') return literal;
    }
    this.#lexer.position = begin;
    return this.#expression();
  }

  // template(expression, "positional", name="keyword"): the values are literals only.
  #templateCall(): Expression {
    this.#lexer.expect('(', 'after template');
    const body = this.#expression();
    const values: TemplateValues = new Map();
    let index = 0;
    while (this.#lexer.take(',')) {
      const keyword = this.#lexer.takeNameBefore('=');
      if (keyword !== undefined) this.#lexer.expect('=', `after ${keyword}`);
      const begin = this.#lexer.position;
      const value = this.#argument();
      if (value.kind === 'path' || value.kind === 'call')
        this.#lexer.fail('a template argument must be a quoted text or a number', begin);
      values.set(keyword ?? String(++index), value);
    }
    this.#lexer.expect(')', 'or "," in the arguments of template');
    for (const [name, value] of this.#template ?? []) values.set(name, { kind: 'string', value });
    return substituteTemplate(body, values);
  }
}

/** Parses a target; throws an OperatingError (`bad-target`) with position and unparsed rest. */
export function parseTarget(text: string, options: ParseOptions = {}): Expression {
  return new Parser(text, options).parse();
}
