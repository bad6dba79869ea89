// A button that opens a box below itself: closed by Escape, by a click outside and by choosing.
import { type Child, h } from './dom.ts';
import { type IconName, icon } from './icons.ts';

export interface Popover {
  element: HTMLElement;
  button: HTMLButtonElement;
  close(): void;
}

export interface PopoverOptions {
  label: Child[];
  /** What the button is called when its label does not say it. */
  name?: string;
  className?: string;
  /** Builds the content anew each time it opens. */
  content(close: () => void): HTMLElement;
}

export function popover({ label, name, className = '', content }: PopoverOptions): Popover {
  const button = h(
    'button',
    {
      type: 'button',
      class: `button ${className}`,
      'aria-haspopup': 'true',
      'aria-expanded': 'false',
      'aria-label': name,
      title: name,
      onclick: () => (box === undefined ? open() : close()),
    },
    ...label,
  );
  const element = h('div', { class: 'popover-anchor' }, button);
  let box: HTMLElement | undefined;

  const onPointer = (event: PointerEvent): void => {
    if (!element.contains(event.target as Node)) close(false);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  };
  function open(): void {
    box = h(
      'div',
      { class: 'popover' },
      content(() => close()),
    );
    element.append(box);
    const { right, left } = box.getBoundingClientRect();
    if (right > window.innerWidth - 8) box.classList.add('to-left');
    if (left < 0) box.classList.remove('to-left');
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', onPointer);
    element.addEventListener('keydown', onKey);
    box.querySelector<HTMLElement>('[autofocus], input, [aria-current], button, a')?.focus();
  }
  function close(giveFocusBack = true): void {
    if (box === undefined) return;
    box.remove();
    box = undefined;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', onPointer);
    element.removeEventListener('keydown', onKey);
    if (giveFocusBack) button.focus();
  }
  return { element, button, close };
}

export interface MenuItem {
  text: string;
  icon?: IconName;
  isCurrent?: boolean;
  isDangerous?: boolean;
  run(): void;
}

/** Arrow keys walk through the buttons of a list. */
export function walkWithArrows(list: HTMLElement): void {
  list.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const items = [...list.querySelectorAll<HTMLElement>('button, input, a')];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + step + items.length) % items.length]?.focus();
    event.preventDefault();
  });
}

/** A list of commands for a popover. */
export function menu(items: readonly MenuItem[], close: () => void): HTMLElement {
  const list = h('div', { class: 'menu' });
  for (const item of items) {
    list.append(
      h(
        'button',
        {
          type: 'button',
          class: `menu-item${item.isDangerous ? ' dangerous' : ''}`,
          'aria-current': item.isCurrent ? 'true' : undefined,
          onclick: () => {
            close();
            item.run();
          },
        },
        item.icon === undefined ? null : icon(item.icon),
        h('span', {}, item.text),
        item.isCurrent ? icon('check', 'at-end') : null,
      ),
    );
  }
  walkWithArrows(list);
  return list;
}
