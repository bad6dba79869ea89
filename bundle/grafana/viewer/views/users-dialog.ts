// The list of users, for admins: adding and removing.
import { addUser, listUsers, removeUser, type UserRow } from '../api.ts';
import { labelled, openDialog, select } from '../ui/dialog.ts';
import { fill, h } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';

const roles = [
  { value: 'viewer', text: 'Viewer: looks at dashboards' },
  { value: 'admin', text: 'Admin: changes dashboards and users' },
];

export async function administerUsers(ownName: string): Promise<void> {
  const list = h('ul', { class: 'user-list' });
  const name = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' });
  const password = h('input', { type: 'password', autocomplete: 'new-password' });
  const role = select(roles, 'viewer');
  const dialog = openDialog({
    title: 'Users',
    content: [
      list,
      h(
        'fieldset',
        {},
        h('legend', {}, 'New user'),
        labelled(name, { label: 'Name' }),
        labelled(password, { label: 'Password', hint: 'At least 8 characters.' }),
        labelled(role, { label: 'Role' }),
      ),
    ],
    actions: [
      {
        text: 'Add user',
        isMain: true,
        async run() {
          await addUser(name.value.trim(), password.value, role.value);
          name.value = '';
          password.value = '';
          await draw();
        },
      },
    ],
  });

  function row(user: UserRow): HTMLElement {
    const remove = h(
      'button',
      {
        type: 'button',
        class: 'button plain small',
        'aria-label': `Remove user ${user.name}`,
        onclick: async () => {
          dialog.complain('');
          await removeUser(user.id).catch((error: Error) => dialog.complain(error.message));
          await draw();
        },
      },
      icon('trash'),
    );
    return h(
      'li',
      {},
      icon('user'),
      h('b', {}, user.name),
      h('span', { class: 'hint' }, user.role),
      user.name === ownName ? null : remove,
    );
  }
  async function draw(): Promise<void> {
    try {
      fill(list, ...(await listUsers()).map(row));
    } catch (error) {
      dialog.complain(error instanceof Error ? error.message : String(error));
    }
  }
  await draw();
}
