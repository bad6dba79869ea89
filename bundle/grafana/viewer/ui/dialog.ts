// Modal boxes on the browser's own <dialog>: focus stays inside, Escape closes.
import { type Child, freshId, h } from './dom.ts';
import { icon } from './icons.ts';

export interface Dialog {
  element: HTMLDialogElement;
  body: HTMLElement;
  close(): void;
  /** Shows `text` above the buttons; '' takes it away. */
  complain(text: string): void;
}

export interface DialogOptions {
  title: string;
  isWide?: boolean;
  content: Child[];
  actions: { text: string; isMain?: boolean; run(dialog: Dialog): Promise<void> | void }[];
  onClose?(): void;
}

export function openDialog(options: DialogOptions): Dialog {
  const titleId = freshId('dialog');
  const complaint = h('p', { class: 'complaint', role: 'alert', hidden: true });
  const body = h('div', { class: 'dialog-body' }, ...options.content);
  const buttons = h('div', { class: 'dialog-actions' });
  const form = h('form', { method: 'dialog', novalidate: true }, body, complaint, buttons);
  const element = h(
    'dialog',
    { class: `dialog${options.isWide ? ' wide' : ''}`, 'aria-labelledby': titleId },
    h(
      'header',
      { class: 'dialog-head' },
      h('h2', { id: titleId }, options.title),
      h(
        'button',
        {
          type: 'button',
          class: 'button plain',
          'aria-label': 'Close',
          onclick: () => dialog.close(),
        },
        icon('close'),
      ),
    ),
    form,
  );
  const dialog: Dialog = {
    element,
    body,
    close: () => element.close(),
    complain(text) {
      complaint.textContent = text;
      complaint.hidden = text === '';
    },
  };
  const runAction = async (run: (dialog: Dialog) => Promise<void> | void): Promise<void> => {
    dialog.complain('');
    try {
      await run(dialog);
    } catch (error) {
      dialog.complain(error instanceof Error ? error.message : String(error));
    }
  };
  for (const action of options.actions) {
    buttons.append(
      h(
        'button',
        {
          type: action.isMain ? 'submit' : 'button',
          class: `button${action.isMain ? ' main' : ''}`,
          onclick: action.isMain ? undefined : () => void runAction(action.run),
        },
        action.text,
      ),
    );
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const main = options.actions.find(({ isMain }) => isMain);
    if (main !== undefined) void runAction(main.run);
  });
  element.addEventListener('close', () => {
    element.remove();
    options.onClose?.();
  });
  document.body.append(element);
  element.showModal();
  return dialog;
}

export interface FieldOptions {
  label: string;
  hint?: string;
}

/** A control under its label. */
export function labelled<T extends HTMLElement>(
  control: T,
  { label, hint }: FieldOptions,
): HTMLElement {
  control.id ||= freshId('field');
  return h(
    'div',
    { class: 'field' },
    h('label', { for: control.id }, label),
    control,
    hint === undefined ? null : h('p', { class: 'hint' }, hint),
  );
}

export function select(
  choices: readonly { value: string; text: string }[],
  current: string,
): HTMLSelectElement {
  const known = choices.some(({ value }) => value === current);
  const all = known ? choices : [...choices, { value: current, text: current }];
  return h(
    'select',
    {},
    ...all.map(({ value, text }) => h('option', { value, selected: value === current }, text)),
  );
}

let notes: HTMLElement | undefined;

/** A short message in the corner. */
export function notify(text: string, kind: 'good' | 'bad' = 'good'): void {
  if (notes === undefined) {
    notes = h('div', { class: 'notes', role: 'status', 'aria-live': 'polite' });
    document.body.append(notes);
  }
  const note = h(
    'div',
    { class: `note ${kind}` },
    icon(kind === 'good' ? 'check' : 'warning'),
    text,
  );
  notes.append(note);
  setTimeout(() => note.remove(), kind === 'good' ? 3500 : 8000);
}
