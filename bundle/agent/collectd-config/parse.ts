// collectd's configuration syntax: `Key value …` lines, <Block arguments> … </Block>, # comments,
// quoted strings. Text in, items out; no files and no meaning.
// https://www.collectd.org/documentation/manpages/collectd.conf.html
import { OperatingError } from '../../core/errors.ts';
import type { CollectdItem } from '../plugins/plugin.ts';

type Value = string | number | boolean;

interface Token {
  kind: 'word' | 'text' | 'open' | 'openEnd' | 'close' | 'newline' | 'end';
  text: string;
  line: number;
}

const depthMax = 32;
const yes = /^(true|yes|on)$/i;
const no = /^(false|no|off)$/i;
const number = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^0[xX][0-9a-fA-F]+$/;

export function syntaxError(file: string, line: number, message: string): OperatingError {
  return new OperatingError('bad-config', `${file}:${line}: ${message}`);
}

class Lexer {
  private at = 0;
  private line = 1;
  private readonly text: string;
  private readonly file: string;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  next(): Token {
    this.skipBlanks();
    const { line } = this;
    const rest = this.text[this.at];
    if (rest === undefined) return { kind: 'end', text: '', line };
    if (rest === '\n') {
      this.at += 1;
      this.line += 1;
      return { kind: 'newline', text: '\n', line };
    }
    if (rest === '>') {
      this.at += 1;
      return { kind: 'openEnd', text: '>', line };
    }
    if (rest === '<') return this.angle(line);
    if (rest === '"') return { kind: 'text', text: this.quoted(), line };
    const from = this.at;
    while (this.at < this.text.length && !/[\s"<>#]/.test(this.text[this.at]!)) this.at += 1;
    if (this.at === from) throw syntaxError(this.file, line, `unexpected ${JSON.stringify(rest)}`);
    return { kind: 'word', text: this.text.slice(from, this.at), line };
  }

  private angle(line: number): Token {
    this.at += 1;
    if (this.text[this.at] !== '/') return { kind: 'open', text: '<', line };
    const end = this.text.indexOf('>', this.at);
    if (end === -1) throw syntaxError(this.file, line, 'a closing tag has no >');
    const name = this.text.slice(this.at + 1, end).trim();
    this.at = end + 1;
    return { kind: 'close', text: name, line };
  }

  private skipBlanks(): void {
    for (;;) {
      const rest = this.text[this.at];
      if (rest === ' ' || rest === '\t' || rest === '\r') this.at += 1;
      else if (rest === '#') {
        while (this.at < this.text.length && this.text[this.at] !== '\n') this.at += 1;
      } else if (rest === '\\' && /^\\[ \t\r]*\n/.test(this.text.slice(this.at, this.at + 80))) {
        this.at = this.text.indexOf('\n', this.at) + 1; // the line goes on
        this.line += 1;
      } else return;
    }
  }

  private quoted(): string {
    const { line } = this;
    let text = '';
    for (this.at += 1; this.at < this.text.length; this.at++) {
      const one = this.text[this.at]!;
      if (one === '"') {
        this.at += 1;
        return text;
      }
      if (one === '\n') this.line += 1;
      if (one === '\\') {
        this.at += 1;
        text += this.text[this.at] ?? '';
      } else text += one;
    }
    throw syntaxError(this.file, line, 'a quoted string does not end');
  }
}

function toValue(token: Token): Value {
  if (token.kind === 'text') return token.text;
  if (yes.test(token.text)) return true;
  if (no.test(token.text)) return false;
  return number.test(token.text) ? Number(token.text) : token.text;
}

/** Parses `text`; throws an OperatingError with code `bad-config` naming file and line. */
export function parseCollectdConfig(text: string, file: string): CollectdItem[] {
  const lexer = new Lexer(text, file);

  const readValues = (end: 'openEnd' | 'newline', line: number): Value[] => {
    const values: Value[] = [];
    for (;;) {
      const token = lexer.next();
      if (token.kind === end || (token.kind === 'end' && end === 'newline')) return values;
      if (token.kind !== 'word' && token.kind !== 'text') {
        const what = token.kind === 'end' ? 'the end of the file' : JSON.stringify(token.text);
        throw syntaxError(file, line, `unexpected ${what}`);
      }
      values.push(toValue(token));
    }
  };

  const readItems = (block: string | undefined, blockLine: number, depth: number) => {
    if (depth > depthMax) throw syntaxError(file, blockLine, 'blocks are nested too deeply');
    const items: CollectdItem[] = [];
    for (;;) {
      const token = lexer.next();
      if (token.kind === 'newline') continue;
      if (token.kind === 'end') {
        if (block === undefined) return items;
        throw syntaxError(file, blockLine, `<${block}> is not closed`);
      }
      if (token.kind === 'close') {
        if (block !== undefined && token.text.toLowerCase() === block.toLowerCase()) return items;
        const open = block === undefined ? 'nothing is open' : `<${block}> is open`;
        throw syntaxError(file, token.line, `</${token.text}> closes nothing: ${open}`);
      }
      if (token.kind === 'open') {
        const name = lexer.next();
        if (name.kind !== 'word') throw syntaxError(file, token.line, 'a block has no name');
        const values = readValues('openEnd', token.line);
        const children = readItems(name.text, token.line, depth + 1);
        items.push({ key: name.text, values, children, file, line: token.line });
        continue;
      }
      if (token.kind !== 'word')
        throw syntaxError(file, token.line, `unexpected ${JSON.stringify(token.text)}`);
      const values = readValues('newline', token.line);
      if (values.length === 0) throw syntaxError(file, token.line, `${token.text} has no value`);
      items.push({ key: token.text, values, children: [], file, line: token.line });
    }
  };

  return readItems(undefined, 1, 0);
}
