// The links of a dashboard, as a row of buttons.
import { listDashboards } from '../api.ts';
import type { Json } from '../model/json.ts';
import { linkAddress, readLinks } from '../model/links.ts';
import { fill, h } from '../ui/dom.ts';
import { appLink } from '../views/top-bar.ts';
import type { App } from '../views/view.ts';

export interface LinkBar {
  element: HTMLElement;
  /** Reads the dashboard's links anew; those by tags need the list of dashboards. */
  load(): Promise<void>;
}

export function createLinkBar(
  app: App,
  dashboard: Json,
  parameters: () => URLSearchParams,
): LinkBar {
  const element = h('nav', { class: 'link-bar', 'aria-label': 'Links' });

  function ourLink(text: string, address: () => string): HTMLElement {
    const link = appLink(app, address(), { class: 'button' }, text);
    // Time and variables change while the dashboard is open.
    const renew = (): void => link.setAttribute('href', address());
    link.addEventListener('pointerenter', renew);
    link.addEventListener('focus', renew);
    return link;
  }

  return {
    element,
    async load() {
      const links = readLinks(dashboard);
      const byTags = links.some(({ address }) => address === '');
      const rows = byTags ? await listDashboards().catch(() => []) : [];
      const own = String(dashboard['uid'] ?? '');
      const buttons = links.flatMap((link) => {
        if (/^https?:/i.test(link.address))
          return [
            h(
              'a',
              { class: 'button', href: link.address, rel: 'noopener noreferrer', target: '_blank' },
              link.text || link.address,
            ),
          ];
        const targets =
          link.address === ''
            ? rows
                .filter(
                  ({ uid, tags }) => uid !== own && link.tags.every((tag) => tags.includes(tag)),
                )
                .map(({ uid, title }) => ({ text: title, address: `d/${uid}` }))
            : [{ text: link.text || link.address, address: link.address }];
        return targets.map(({ text, address }) =>
          ourLink(text, () => linkAddress(link, address, parameters())),
        );
      });
      fill(element, ...buttons);
      element.hidden = buttons.length === 0;
    },
  };
}
