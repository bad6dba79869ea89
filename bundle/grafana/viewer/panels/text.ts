// The panel type text: a small part of Markdown, built as elements. HTML is shown as its text.
import { interpolate } from '../model/interpolate.ts';
import { asText } from '../model/json.ts';
import { type Child, fill, h } from '../ui/dom.ts';
import type { CreateRenderer } from './renderer.ts';

const inlineMark =
  /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/;

function link(text: string, address: string): Child {
  const isSafe = /^(?:https?:\/\/|\/|d\/|#)/i.test(address);
  return isSafe ? h('a', { href: address, rel: 'noopener noreferrer' }, text) : text;
}

/** Code, bold, italic and links within a line. */
function inline(text: string): Child[] {
  const match = inlineMark.exec(text);
  if (match === null) return [text];
  const [whole, code, bold, alsoBold, italic, label, address] = match;
  const mark =
    code !== undefined
      ? h('code', {}, code)
      : label !== undefined
        ? link(label, address ?? '')
        : italic !== undefined
          ? h('em', {}, italic)
          : h('strong', {}, bold ?? alsoBold ?? '');
  return [
    text.slice(0, match.index),
    mark,
    ...inline(text.slice(match.index + (whole?.length ?? 0))),
  ];
}

const headings = ['h3', 'h4', 'h5'] as const;

/** Headings, lists, code blocks and paragraphs. */
export function markdown(source: string): HTMLElement[] {
  const blocks: HTMLElement[] = [];
  let list: HTMLElement | undefined;
  let paragraph: string[] = [];
  let code: string[] | undefined;
  const endParagraph = (): void => {
    if (paragraph.length > 0) blocks.push(h('p', {}, ...inline(paragraph.join(' '))));
    paragraph = [];
  };
  for (const line of source.split('\n')) {
    if (/^\s*```/.test(line)) {
      endParagraph();
      if (code === undefined) code = [];
      else {
        blocks.push(h('pre', {}, code.join('\n')));
        code = undefined;
      }
      continue;
    }
    if (code !== undefined) {
      code.push(line);
      continue;
    }
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^\s*(?:([-*+])|\d+[.)])\s+(.*)$/.exec(line);
    if (item === null) list = undefined;
    if (heading !== null) {
      endParagraph();
      const level = headings[Math.min((heading[1] as string).length, headings.length) - 1] ?? 'h5';
      blocks.push(h(level, {}, ...inline(heading[2] as string)));
    } else if (item !== null) {
      endParagraph();
      if (list === undefined) {
        list = h(item[1] === undefined ? 'ol' : 'ul');
        blocks.push(list);
      }
      list.append(h('li', {}, ...inline(item[2] as string)));
    } else if (line.trim() === '') endParagraph();
    else paragraph.push(line.trim());
  }
  endParagraph();
  if (code !== undefined) blocks.push(h('pre', {}, code.join('\n')));
  return blocks;
}

const textOfHtml = (source: string): string =>
  source
    .replace(/<br\s*\/?>|<\/(?:p|div|h\d|li)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&');

export const createText: CreateRenderer = (host) => {
  const body = h('div', { class: 'text-panel', tabindex: 0, role: 'group', 'aria-label': 'Text' });
  host.element.append(body);
  return {
    update({ panel }) {
      const content = interpolate(asText(panel.options['content']), panel.scope, 'text');
      const mode = asText(panel.options['mode'], 'markdown');
      if (mode === 'code') fill(body, h('pre', {}, content));
      else fill(body, ...markdown(mode === 'html' ? textOfHtml(content) : content));
    },
    destroy: () => body.remove(),
  };
};
