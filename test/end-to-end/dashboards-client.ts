// What a browser would ask the dashboards for, with a session.
import assert from 'node:assert/strict';
import type { Installed } from './installed.ts';

export interface DashboardsClient {
  /** Asks for JSON; throws on anything but a 2xx. */
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
}

/** Logs in; throws when the password is wrong. */
export async function logIn(
  instance: Installed,
  user: string,
  password: string,
): Promise<DashboardsClient> {
  const url = `http://127.0.0.1:${instance.port('dashboards')}`;
  const json = { 'content-type': 'application/json' };
  const login = await fetch(`${url}/login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ user, password }),
  });
  assert.equal(login.status, 200, await login.text());
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return {
    ask: async (method, path, body) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { cookie, ...json },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as unknown;
    },
  };
}
