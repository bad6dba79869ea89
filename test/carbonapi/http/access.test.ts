// Which request needs which role, and that the API asks for it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { roleFor } from '../../../bundle/carbonapi/http/access.ts';
import { hashToken, newToken, type Role, roles } from '../../../bundle/core/access-tokens.ts';
import { startTestApi } from '../test-api.ts';

test('reading needs read, writing write, deleting admin, health nothing', () => {
  const f = (request: string, role: Role | undefined): void => {
    const [method = '', path = ''] = request.split(' ');
    assert.equal(roleFor(method, path), role, request);
  };
  f('GET /health', undefined);
  f('GET /lb_check', undefined);
  f('GET /version', undefined);
  f('OPTIONS /render', undefined);
  f('GET /render', 'read');
  f('POST /render', 'read');
  f('POST /metrics/find', 'read');
  f('GET /functions', 'read');
  f('GET /tags/autoComplete/values', 'read');
  f('GET /events', 'read');
  f('POST /events/get_data', 'read');
  f('GET /debug/vars', 'read');
  f('GET /metrics', 'read');
  f('GET /nothing', 'read');
  f('POST /events', 'write');
  f('POST /tags/tagSeries', 'write');
  f('POST /tags/tagMultiSeries', 'write');
  f('POST /tags/delSeries', 'admin');
  f('GET /metrics/set-metadata', 'admin');
  f('POST /metrics/set-metadata', 'admin');
  f('DELETE /events/1', 'admin');
});

test('the API refuses who has no token, or one of a lesser role', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-access-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'tokens.json');
  const tokens: Record<Role, string> = { read: newToken(), write: newToken(), admin: newToken() };
  const rows = roles.map((role) => ({
    name: role,
    role,
    sha256: hashToken(tokens[role]),
    created: '2026-01-01',
  }));
  writeFileSync(file, JSON.stringify({ tokens: rows }));
  const api = await startTestApi({ tokens: file });
  t.after(() => api.stop());
  const ask = async (method: string, path: string, role?: Role, body?: string): Promise<number> => {
    const answer = await fetch(`${api.url}${path}`, {
      method,
      headers: role === undefined ? {} : { authorization: `Bearer ${tokens[role]}` },
      ...(body === undefined ? {} : { body }),
    });
    await answer.text();
    return answer.status;
  };
  assert.equal(await ask('GET', '/lb_check'), 200);
  assert.equal(await ask('GET', '/render?target=a'), 401);
  assert.equal(await ask('GET', '/render?target=a&format=json', 'read'), 200);
  const event = JSON.stringify({ what: 'deployed' });
  assert.equal(await ask('POST', '/events', 'read', event), 403);
  assert.equal(await ask('POST', '/events', 'write', event), 200);
  assert.equal(await ask('DELETE', '/events/1', 'write'), 403);
  assert.equal(await ask('DELETE', '/events/1', 'admin'), 204);
});
