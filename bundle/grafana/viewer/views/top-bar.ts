// The bar above every page: where you are, theme, user.
import { changePassword, logout } from '../api.ts';
import { currentTheme, toggleTheme, whenThemeChanges } from '../theme.ts';
import { labelled, notify, openDialog } from '../ui/dialog.ts';
import { type Child, fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { menu, popover } from '../ui/popover.ts';
import { administerUsers } from './users-dialog.ts';
import type { App } from './view.ts';

function askForNewPassword(): void {
  const password = (autocomplete: string) =>
    h('input', { type: 'password', autocomplete, required: true });
  const [present, next, again] = [
    password('current-password'),
    password('new-password'),
    password('new-password'),
  ] as const;
  openDialog({
    title: 'Change password',
    content: [
      labelled(present, { label: 'Present password' }),
      labelled(next, { label: 'New password', hint: 'At least 8 characters.' }),
      labelled(again, { label: 'New password again' }),
    ],
    actions: [
      {
        text: 'Change password',
        isMain: true,
        async run(dialog) {
          if (next.value !== again.value) throw new Error('the two new passwords differ');
          await changePassword(present.value, next.value);
          dialog.close();
          notify('Password changed. Other sessions were ended.');
        },
      },
    ],
  });
}

function userMenu(app: App): HTMLElement {
  const { person } = app;
  if (person.isAnonymous)
    return h(
      'button',
      { type: 'button', class: 'button', onclick: () => app.go('login') },
      'Log in',
    );
  return popover({
    label: [icon('user')],
    name: `User ${person.name}`,
    className: 'plain',
    content: (close) =>
      h(
        'div',
        {},
        h(
          'p',
          { class: 'menu-head' },
          h('b', {}, person.name),
          h('small', {}, `dkumonitor ${person.version}`),
        ),
        menu(
          [
            ...(person.role === 'admin'
              ? [
                  {
                    text: 'Users',
                    icon: 'user',
                    run: () => void administerUsers(person.name),
                  } as const,
                ]
              : []),
            { text: 'Change password', icon: 'key', run: askForNewPassword },
            {
              text: 'Log out',
              icon: 'logout',
              run: () => void logout().then(() => app.go('login')),
            },
          ],
          close,
        ),
      ),
  }).element;
}

function themeButton(): HTMLElement {
  const button = h('button', { type: 'button', class: 'button plain', onclick: toggleTheme });
  const draw = (): void => {
    const other = currentTheme() === 'dark' ? 'light' : 'dark';
    button.setAttribute('aria-label', `Use the ${other} theme`);
    button.title = `Use the ${other} theme`;
    fill(button, icon(other === 'light' ? 'sun' : 'moon'));
  };
  draw();
  const stop = whenThemeChanges(() => (button.isConnected ? draw() : stop()));
  return button;
}

/** A link that changes the page without loading it anew. */
export function appLink(
  app: App,
  path: string,
  attributes: { class?: string },
  ...children: Child[]
) {
  return h(
    'a',
    {
      ...attributes,
      href: path,
      onclick: (event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        app.go(path);
      },
    },
    ...children,
  );
}

export function createTopBar(app: App, place: Child[], tools: Child[]): HTMLElement {
  return h(
    'header',
    { class: 'top-bar' },
    appLink(
      app,
      './',
      { class: 'brand' },
      h('span', { class: 'brand-mark' }, icon('pulse')),
      h('span', {}, 'dkumonitor'),
    ),
    h('div', { class: 'place' }, ...place),
    h('div', { class: 'tools' }, ...tools, themeButton(), userMenu(app)),
  );
}
