// The time range: presets, own from and to, moving back and forth, zooming out.
import {
  describeRange,
  formatTime,
  moveRange,
  type RawRange,
  relativePresets,
  resolveRange,
  type TimeRange,
} from '../model/time-range.ts';
import { labelled } from '../ui/dialog.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { menu, popover } from '../ui/popover.ts';

export interface TimePicker {
  element: HTMLElement;
  show(range: TimeRange): void;
}

const shownEnd = (text: string): string => (/^\d+$/.test(text) ? formatTime(Number(text)) : text);

export function createTimePicker(onChange: (range: RawRange) => void): TimePicker {
  let current: TimeRange | undefined;
  const label = h('span', { class: 'picker-label' });

  function ownRangeForm(close: () => void): HTMLElement {
    const from = h('input', {
      type: 'text',
      value: shownEnd(current?.raw.from ?? ''),
      spellcheck: 'false',
    });
    const to = h('input', {
      type: 'text',
      value: shownEnd(current?.raw.to ?? ''),
      spellcheck: 'false',
    });
    const complaint = h('p', { class: 'complaint', role: 'alert', hidden: true });
    const toRaw = (text: string): string => {
      const trimmed = text.trim();
      if (trimmed.startsWith('now') || /^\d+$/.test(trimmed)) return trimmed;
      const ms = Date.parse(trimmed.replace(' ', 'T'));
      return Number.isNaN(ms) ? trimmed : String(ms);
    };
    const form = h(
      'form',
      { class: 'own-range', novalidate: true },
      h('h4', {}, 'From and to'),
      labelled(from, { label: 'From' }),
      labelled(to, { label: 'To', hint: 'now-6h, now-1d/d or 2026-11-21 08:00:00' }),
      complaint,
      h('button', { type: 'submit', class: 'button main' }, 'Apply'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const raw = { from: toRaw(from.value), to: toRaw(to.value) };
      if (resolveRange(raw, Date.now()) === undefined) {
        complaint.textContent = 'These are no two times, the earlier one first.';
        complaint.hidden = false;
        return;
      }
      close();
      onChange(raw);
    });
    return form;
  }

  const picker = popover({
    label: [icon('clock'), label, icon('down')],
    className: 'time-button',
    content: (close) =>
      h(
        'div',
        { class: 'time-box' },
        ownRangeForm(close),
        menu(
          relativePresets.map(({ text, from, to }) => ({
            text,
            isCurrent: current?.raw.from === from && current.raw.to === to,
            run: () => onChange({ from, to }),
          })),
          close,
        ),
      ),
  });

  const mover = (name: string, iconName: 'left' | 'right' | 'zoomOut', direction: -1 | 0 | 1) =>
    h(
      'button',
      {
        type: 'button',
        class: 'button',
        'aria-label': name,
        title: name,
        onclick: () => current && onChange(moveRange(current, direction)),
      },
      icon(iconName),
    );

  return {
    element: h(
      'div',
      { class: 'button-group' },
      mover('Earlier', 'left', -1),
      picker.element,
      mover('Later', 'right', 1),
      mover('Zoom out', 'zoomOut', 0),
    ),
    show(range) {
      current = range;
      fill(label, describeRange(range.raw));
      const name = `Time range: ${describeRange(range.raw)}`;
      picker.button.setAttribute('aria-label', name);
      picker.button.title = `${formatTime(range.fromMs)} to ${formatTime(range.toMs)}`;
    },
  };
}
