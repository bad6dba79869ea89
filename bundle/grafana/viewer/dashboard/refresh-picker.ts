// Refresh now, and how often by itself.
import { durationMs } from '../model/time-range.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { menu, popover } from '../ui/popover.ts';

export interface RefreshPicker {
  element: HTMLElement;
  /** '' turns the timer off. */
  set(every: string): void;
  setBusy(isBusy: boolean): void;
  destroy(): void;
}

export interface RefreshPickerOptions {
  choices: string[];
  onRefresh(isByTimer: boolean): void;
  onChange(every: string): void;
}

export function createRefreshPicker(options: RefreshPickerOptions): RefreshPicker {
  let every = '';
  let timer: ReturnType<typeof setInterval> | undefined;
  const label = h('span', {});
  const now = h(
    'button',
    {
      type: 'button',
      class: 'button refresh-now',
      'aria-label': 'Refresh now',
      title: 'Refresh now (r)',
      onclick: () => options.onRefresh(false),
    },
    icon('refresh'),
  );
  function set(next: string): void {
    every = next;
    clearInterval(timer);
    const ms = durationMs(every);
    // A page nobody looks at asks for nothing; it catches up when it is shown again.
    if (ms !== undefined && ms >= 1000)
      timer = setInterval(() => document.hidden || options.onRefresh(true), ms);
    const shown = every === '' ? 'Off' : every;
    fill(label, shown);
    choose.button.setAttribute('aria-label', `Refresh by itself: ${shown}`);
  }
  const onShown = (): void => {
    if (!document.hidden && every !== '') options.onRefresh(true);
  };
  document.addEventListener('visibilitychange', onShown);
  const choose = popover({
    label: [label, icon('down')],
    className: 'refresh-every',
    content: (close) =>
      menu(
        ['', ...options.choices].map((choice) => ({
          text: choice === '' ? 'Off' : choice,
          isCurrent: choice === every,
          run: () => {
            set(choice);
            options.onChange(choice);
          },
        })),
        close,
      ),
  });
  return {
    element: h('div', { class: 'button-group' }, now, choose.element),
    set,
    setBusy: (isBusy) => now.classList.toggle('is-busy', isBusy),
    destroy() {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onShown);
    },
  };
}
