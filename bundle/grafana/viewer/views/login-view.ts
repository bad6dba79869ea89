// The page before everything else: name and password.
import { login } from '../api.ts';
import { labelled } from '../ui/dialog.ts';
import { h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import type { View } from './view.ts';

export function createLoginView(onDone: () => void): View {
  const user = h('input', {
    type: 'text',
    name: 'user',
    autocomplete: 'username',
    required: true,
    value: 'admin',
    spellcheck: 'false',
    autocapitalize: 'none',
  });
  const password = h('input', {
    type: 'password',
    name: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const complaint = h('p', { class: 'complaint', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'button main' }, 'Log in');
  const form = h(
    'form',
    { class: 'login-form', novalidate: true },
    labelled(user, { label: 'User' }),
    labelled(password, {
      label: 'Password',
      hint: 'The first password of admin is in conf/secrets/admin-password of the installation.',
    }),
    complaint,
    button,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    complaint.hidden = true;
    try {
      await login(user.value, password.value);
      onDone();
    } catch (error) {
      complaint.textContent = error instanceof Error ? error.message : String(error);
      complaint.hidden = false;
      password.select();
      password.focus();
    } finally {
      button.disabled = false;
    }
  });
  const element = h(
    'main',
    { class: 'login' },
    h(
      'div',
      { class: 'login-card' },
      h('div', { class: 'login-logo' }, icon('pulse')),
      h('h1', {}, 'dkumonitor'),
      h('p', { class: 'hint' }, 'Log in to see the dashboards.'),
      form,
    ),
  );
  queueMicrotask(() => password.focus());
  return { element, title: 'Log in', destroy: () => element.remove() };
}
