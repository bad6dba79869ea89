// The links of a dashboard: to one address, or to all dashboards with some tags.
import { asRecords, asText, asTexts, type Json } from './json.ts';

export interface DashboardLink {
  text: string;
  /** '' when the link stands for the dashboards with `tags`. */
  address: string;
  tags: string[];
  keepsTime: boolean;
  keepsVariables: boolean;
}

/** Links with an address that is neither of ours nor http are left out. */
export function readLinks(dashboard: Json): DashboardLink[] {
  return asRecords(dashboard['links'])
    .map((json) => ({
      text: asText(json['title']),
      address: json['type'] === 'dashboards' ? '' : asText(json['url']),
      tags: asTexts(json['tags']),
      keepsTime: json['keepTime'] === true,
      keepsVariables: json['includeVars'] === true,
    }))
    .filter(({ address, tags }) =>
      address === '' ? tags.length > 0 : /^(?:https?:\/\/|\/(?!\/)|d\/)/i.test(address),
    );
}

/** The address with time and variables of the open dashboard, relative to the base when it is ours. */
export function linkAddress(
  link: DashboardLink,
  address: string,
  parameters: URLSearchParams,
): string {
  const ours = address.replace(/^\//, '');
  const kept = new URLSearchParams();
  for (const [key, value] of parameters) {
    if (key.startsWith('var-') ? link.keepsVariables : /^(?:from|to)$/.test(key) && link.keepsTime)
      kept.append(key, value);
  }
  if (kept.size === 0) return ours;
  return `${ours}${ours.includes('?') ? '&' : '?'}${kept}`;
}
