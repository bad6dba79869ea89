// The control of one variable: a list with search, several choices when the variable takes them.
import { allValue, type Option } from '../model/variables.ts';
import { fill, freshId, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { popover, walkWithArrows } from '../ui/popover.ts';
import type { VariableState } from './variable-state.ts';

const shownMax = 300;

function summary({ variable, options, values, problem }: VariableState): string {
  if (values.includes(allValue)) return 'All';
  if (values.length === 0) return problem === '' ? 'none' : problem;
  const texts = values.map((one) => options.find(({ value }) => value === one)?.text ?? one);
  return variable.isMulti && texts.length > 2
    ? `${texts.slice(0, 2).join(' + ')} + ${texts.length - 2} more`
    : texts.join(' + ');
}

function textBox(state: VariableState, onChange: (values: string[]) => void): HTMLElement {
  const id = freshId('variable');
  const input = h('input', { id, type: 'text', value: state.values[0] ?? '' });
  input.addEventListener('change', () => onChange([input.value]));
  return h('div', { class: 'variable' }, h('label', { for: id }, state.variable.label), input);
}

function optionList(
  state: VariableState,
  chosen: Set<string>,
  onToggle: (value: string) => void,
): { element: HTMLElement; draw(filter: string): void } {
  const { variable, options } = state;
  const all: Option[] = variable.hasAll ? [{ text: 'All', value: allValue }] : [];
  const element = h('div', { class: 'option-list' });
  walkWithArrows(element);
  const draw = (filter: string): void => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = [...all, ...options].filter(({ text }) =>
      words.every((word) => text.toLowerCase().includes(word)),
    );
    const rest = matching.length - shownMax;
    fill(
      element,
      ...matching.slice(0, shownMax).map(({ text, value }) =>
        h(
          'button',
          {
            type: 'button',
            class: `menu-item${variable.isMulti ? ' checkable' : ''}`,
            'aria-pressed': String(chosen.has(value)),
            onclick: () => {
              onToggle(value);
              const focused = document.activeElement?.textContent;
              draw(filter);
              for (const button of element.querySelectorAll('button'))
                if (button.textContent === focused) button.focus();
            },
          },
          h('span', { class: 'box' }, chosen.has(value) ? icon('check') : null),
          h('span', {}, text),
        ),
      ),
      matching.length === 0
        ? h('p', { class: 'hint' }, state.problem === '' ? 'nothing matches' : state.problem)
        : null,
      rest > 0 ? h('p', { class: 'hint' }, `and ${rest} more: type to find them`) : null,
    );
  };
  return { element, draw };
}

/** The control; `onChange` gets the values once they are chosen. Undefined for hidden variables. */
export function createVariablePicker(
  state: VariableState,
  onChange: (values: string[]) => void,
): HTMLElement | undefined {
  const { variable, values } = state;
  if (variable.hide === 2 || variable.type === 'constant') return undefined;
  if (variable.type === 'textbox') return textBox(state, onChange);
  const picker = popover({
    label: [h('span', { class: 'picker-label' }, summary(state)), icon('down')],
    name: `${variable.label}: ${summary(state)}`,
    className: state.problem !== '' && values.length === 0 ? 'is-wrong' : '',
    content(close) {
      const chosen = new Set(values);
      const list = optionList(state, chosen, (value) => {
        if (!variable.isMulti) {
          close();
          onChange([value]);
          return;
        }
        if (value === allValue) chosen.clear();
        else chosen.delete(allValue);
        if (!chosen.delete(value)) chosen.add(value);
      });
      list.draw('');
      const apply = (): void => {
        const order = [allValue, ...state.options.map((option) => option.value)];
        close();
        onChange(order.filter((value) => chosen.has(value)));
      };
      const search = h('input', {
        type: 'search',
        placeholder: 'Find',
        'aria-label': `Find in ${variable.label}`,
      });
      search.addEventListener('input', () => list.draw(search.value));
      search.addEventListener('keydown', (event) => {
        if (event.key === 'ArrowDown') list.element.querySelector('button')?.focus();
        if (event.key === 'Enter') list.element.querySelector('button')?.click();
      });
      return h(
        'div',
        { class: 'variable-box' },
        search,
        list.element,
        variable.isMulti
          ? h('button', { type: 'button', class: 'button main', onclick: apply }, 'Apply')
          : null,
      );
    },
  });
  return h(
    'div',
    { class: 'variable' },
    variable.hide === 1 ? null : h('span', { class: 'variable-label' }, variable.label),
    picker.element,
  );
}
