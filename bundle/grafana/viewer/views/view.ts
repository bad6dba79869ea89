// The contract of a page of the viewer.
import type { Person } from '../api.ts';

export interface App {
  person: Person;
  /** Goes to an address below the base, e.g. `d/collectd?from=now-1h`. */
  go(path: string): void;
}

export interface View {
  element: HTMLElement;
  title: string;
  destroy(): void;
}

/** The address relative to the base: path parts (decoded) and parameters. */
export function currentPlace(): { parts: string[]; parameters: URLSearchParams } {
  const base = new URL(document.baseURI).pathname;
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : '';
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  return { parts, parameters: new URLSearchParams(location.search) };
}

export const canEdit = ({ person }: App): boolean => person.role === 'admin';
