// A text field for a Graphite expression that offers the next node of the metric being written.
import { findMetrics } from '../api.ts';
import { interpolate, type Scope } from '../model/interpolate.ts';
import { fill, freshId, h } from '../ui/dom.ts';

const offersMax = 30;

/** The metric path the caret stands in, and where it begins. */
export function pathAt(text: string, caret: number): { path: string; start: number } {
  let start = caret;
  let braces = 0;
  while (start > 0) {
    const before = text[start - 1] as string;
    if (before === '}') braces += 1;
    if (before === '{') {
      if (braces === 0 && !/[$.\w*]/.test(text[start - 2] ?? '')) break;
      braces -= 1;
    }
    if (/[\s()'"]/.test(before) || (before === ',' && braces <= 0)) break;
    start -= 1;
  }
  return { path: text.slice(start, caret), start };
}

export interface MetricInput {
  element: HTMLElement;
  input: HTMLTextAreaElement;
}

export function createMetricInput(value: string, name: string, scope: Scope): MetricInput {
  const listId = freshId('offers');
  const input = h('textarea', {
    class: 'code',
    rows: 2,
    spellcheck: 'false',
    'aria-label': name,
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-controls': listId,
    'aria-autocomplete': 'list',
  });
  input.value = value;
  const list = h('ul', {
    id: listId,
    class: 'offers',
    role: 'listbox',
    'aria-label': 'Metrics',
    hidden: true,
  });
  let abort: AbortController | undefined;
  let current = -1;

  const close = (): void => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    current = -1;
  };
  function take(text: string, start: number, isLeaf: boolean): void {
    const caret = input.selectionStart;
    input.setRangeText(isLeaf ? text : `${text}.`, start, caret, 'end');
    input.dispatchEvent(new Event('input', { bubbles: true }));
    if (isLeaf) close();
    input.focus();
  }
  async function offer(): Promise<void> {
    abort?.abort();
    abort = new AbortController();
    const { path, start } = pathAt(input.value, input.selectionStart);
    if (/^[\d.-]*$/.test(path) && path !== '') return close();
    const query = `${interpolate(path, scope)}*`;
    const found = await findMetrics(query, undefined, abort.signal).catch(() => []);
    if (document.activeElement !== input || found.length === 0) return close();
    const lastDot = path.lastIndexOf('.');
    current = -1;
    fill(
      list,
      ...found.slice(0, offersMax).map(({ text, isLeaf }) =>
        h(
          'li',
          {
            role: 'option',
            id: freshId('offer'),
            'aria-selected': 'false',
            onmousedown: (event: MouseEvent) => {
              event.preventDefault();
              take(text, start + lastDot + 1, isLeaf);
            },
          },
          text,
          isLeaf ? null : h('small', {}, ' .…'),
        ),
      ),
    );
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
  }
  function move(by: number): void {
    const items = [...list.children] as HTMLElement[];
    items[current]?.setAttribute('aria-selected', 'false');
    current = (current + by + items.length) % items.length;
    items[current]?.setAttribute('aria-selected', 'true');
    items[current]?.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', items[current]?.id ?? '');
  }
  input.addEventListener('input', () => void offer());
  input.addEventListener('focus', () => void offer());
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (list.hidden) return;
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Escape') close();
    else if ((event.key === 'Enter' || event.key === 'Tab') && current >= 0)
      list.children[current]?.dispatchEvent(new MouseEvent('mousedown', { cancelable: true }));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { element: h('div', { class: 'metric-input' }, input, list), input };
}
