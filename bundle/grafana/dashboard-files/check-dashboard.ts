// What a dashboard must have before it is stored: enough for the viewer and for Grafana to open it.
import { HttpError } from '../../core/http.ts';

/** A document that may be stored. */
export interface CheckedDashboard {
  uid?: unknown;
  title: string;
  version: number;
  tags: string[];
  [key: string]: unknown;
}

/** A stored one. */
export interface Dashboard extends CheckedDashboard {
  uid: string;
}

const depthMax = 64;

function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > depthMax) return depth;
  let deepest = depth;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner, depth + 1));
  return deepest;
}

export const isUid = (text: unknown): text is string =>
  typeof text === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(text);

/** File name stem for a title: lower case, words joined by dashes. */
export function slugOf(title: string): string {
  const slug = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return slug === '' ? 'dashboard' : slug;
}

/** Throws a 400 that says what is wrong; returns the same object otherwise, uid and tags filled. */
export function checkDashboard(value: unknown): CheckedDashboard {
  const refuse = (message: string): never => {
    throw new HttpError(400, `not a dashboard: ${message}`);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('it must be a JSON object');
  const dashboard = value as Record<string, unknown>;
  if ('spec' in dashboard && 'apiVersion' in dashboard)
    refuse('this is the schema v2 of Grafana 12+; export it as "classic" JSON');
  const { title, uid, panels, rows, templating } = dashboard;
  if (typeof title !== 'string' || title.trim() === '') refuse('it has no title');
  if (uid !== undefined && uid !== null && uid !== '' && !isUid(uid))
    refuse('its uid may hold letters, digits, dash and underscore only');
  if (panels !== undefined && !Array.isArray(panels)) refuse('"panels" must be a list');
  if (rows !== undefined && rows !== null && !Array.isArray(rows)) refuse('"rows" must be a list');
  const list = (templating as { list?: unknown } | undefined)?.list;
  if (list !== undefined && !Array.isArray(list)) refuse('"templating.list" must be a list');
  if (depthOf(dashboard) > depthMax) refuse(`it is nested deeper than ${depthMax} levels`);
  const { version, tags } = dashboard;
  return {
    ...dashboard,
    title: title as string,
    version: typeof version === 'number' ? version : 0,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
  };
}
