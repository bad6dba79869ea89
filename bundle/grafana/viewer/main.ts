// The viewer: decides which page the address means and shows it.
import './viewer.css';
import { ApiError, whenLoginNeeded, whoAmI } from './api.ts';
import { applyTheme } from './theme.ts';
import { h } from './ui/dom.ts';
import { createDashboardView } from './views/dashboard-view.ts';
import { createListView } from './views/list-view.ts';
import { createLoginView } from './views/login-view.ts';
import { type App, currentPlace, type View } from './views/view.ts';

const root = document.querySelector('#app') as HTMLElement;
let shown: View | undefined;
let visit = 0;

function show(view: View): void {
  shown?.destroy();
  shown = view;
  document.title = `${view.title} · dkumonitor`;
  root.replaceChildren(view.element);
}

function complain(message: string): View {
  const element = h(
    'main',
    { class: 'login' },
    h(
      'div',
      { class: 'login-card' },
      h('h1', {}, 'That did not work'),
      h('p', {}, message),
      h('a', { class: 'button', href: './' }, 'All dashboards'),
    ),
  );
  return { element, title: 'Error', destroy: () => element.remove() };
}

function showLogin(): void {
  visit += 1;
  show(
    createLoginView(() => {
      // The address may be the one that asked for the login: go on there.
      if (currentPlace().parts[0] === 'login') history.replaceState(null, '', document.baseURI);
      void open();
    }),
  );
}

async function open(): Promise<void> {
  const mine = ++visit;
  const { parts } = currentPlace();
  let view: View;
  try {
    const person = await whoAmI();
    if (mine !== visit) return;
    if (person === undefined || (parts[0] === 'login' && person.isAnonymous)) return showLogin();
    const app: App = { person, go };
    const isDashboard = parts[0] === 'd' && parts[1] !== undefined;
    view = isDashboard ? await createDashboardView(app, parts[1] as string) : createListView(app);
  } catch (error) {
    if (mine !== visit) return;
    if (error instanceof ApiError && error.status === 401) return showLogin();
    view = complain(error instanceof Error ? error.message : String(error));
  }
  if (mine === visit) show(view);
  else view.destroy();
}

function go(path: string): void {
  const address = new URL(path, document.baseURI).href;
  if (address !== location.href) history.pushState(null, '', address);
  void open();
}

window.addEventListener('popstate', () => void open());
whenLoginNeeded(() => {
  if (shown?.title !== 'Log in') showLogin();
});
applyTheme();
void open();
