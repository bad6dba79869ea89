import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { adminPassword, logIn, startInstance, type TestInstance } from './dashboard-service.ts';
import { type ScriptedCarbonapi, startScriptedCarbonapi } from './scripted-carbonapi.ts';

const jsonHeaders = { 'content-type': 'application/json' };

/** A request whose path is sent as it is written; fetch would tidy it. */
function rawGet(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the dashboards service', () => {
  let carbonapi: ScriptedCarbonapi;
  let instance: TestInstance;
  let cookie: string;

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${instance.url}${path}`, { headers: { cookie, ...headers } });
  const send = (method: string, path: string, body: unknown, headers = {}): Promise<Response> =>
    fetch(`${instance.url}${path}`, {
      method,
      headers: { cookie, ...jsonHeaders, ...headers },
      body: JSON.stringify(body),
    });

  before(async () => {
    carbonapi = await startScriptedCarbonapi();
    instance = await startInstance({ carbonapi: carbonapi.url });
    cookie = await logIn(instance.url);
  });
  after(async () => {
    await instance.stop();
    await carbonapi.stop();
  });

  test('health needs no login and says nothing secret', async () => {
    const answer = await fetch(`${instance.url}/api/health`);
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys((await answer.json()) as object), ['database', 'version']);
  });

  test('who is not logged in is told so, and nothing else', async () => {
    const answer = await fetch(`${instance.url}/api/session`);
    assert.deepEqual(await answer.json(), { name: '', role: '' });
  });

  test('nothing but page, login, health and static files is open', async () => {
    const closed = [
      '/api/search',
      '/api/dashboards/uid/shipped',
      '/api/datasources/proxy/1/render?target=a',
      '/api/datasources/proxy/uid/DkuCarbonAPI/metrics/find?query=*',
    ];
    for (const path of closed)
      assert.equal((await fetch(`${instance.url}${path}`)).status, 401, path);
    assert.equal(carbonapi.asked.length, 0);
    for (const path of ['/', '/login', '/d/shipped', '/dashboards', '/public/viewer.js'])
      assert.equal((await fetch(`${instance.url}${path}`)).status, 200, path);
  });

  test('every answer carries the security headers, errors included', async () => {
    for (const path of ['/', '/api/search', '/nowhere', '/public/viewer.js']) {
      const { headers } = await fetch(`${instance.url}${path}`);
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/, path);
      assert.match(policy, /script-src 'self'(;|$)/, path);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/, path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('x-frame-options'), 'DENY', path);
    }
  });

  test('the session cookie is out of reach of scripts and other sites', async () => {
    const answer = await send('POST', '/login', { user: 'admin', password: adminPassword });
    const header = answer.headers.get('set-cookie') ?? '';
    assert.match(
      header,
      /^dkumonitor_[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    );
  });

  test('the password file is not what is kept: the database holds a hash, mode 0600', () => {
    const content = readFileSync(instance.config.usersDatabase).toString('latin1');
    assert.ok(!content.includes(adminPassword));
    assert.equal(statSync(instance.config.usersDatabase).mode & 0o777, 0o600);
  });

  test('a session outlives a restart', async () => {
    await instance.restart();
    assert.equal((await get('/api/search')).status, 200);
  });

  test('logout ends the session for good', async () => {
    const other = await logIn(instance.url);
    const headers = { cookie: other, ...jsonHeaders };
    await fetch(`${instance.url}/logout`, { method: 'POST', headers, body: '{}' });
    const answer = await fetch(`${instance.url}/api/search`, { headers: { cookie: other } });
    assert.equal(answer.status, 401);
  });

  test('a changing request from another site is refused', async () => {
    const dashboard = { title: 'From elsewhere', panels: [] };
    for (const headers of [
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site', origin: instance.url },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ]) {
      const answer = await send('POST', '/api/dashboards/db', { dashboard }, headers);
      assert.equal(answer.status, 403, JSON.stringify(headers));
    }
    const form = await fetch(`${instance.url}/api/dashboards/db`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'text/plain' },
      body: JSON.stringify({ dashboard }),
    });
    assert.equal(form.status, 415);
    const own = await send('POST', '/api/dashboards/db', { dashboard }, { origin: instance.url });
    assert.equal(own.status, 200);
  });

  test('static files come from the manifest only', async () => {
    const outside = [
      '/public/secret.txt',
      '/public/manifest.json',
      '/public/dashboards/shipped.json',
      '/public/../conf/secrets/admin-password',
      '/public/%2e%2e/%2e%2e/conf/secrets/admin-password',
      '/public/..%2f..%2fconf/secrets/admin-password',
      '/public/viewer.js%00.css',
      '//etc/passwd',
      '/d/../../../etc/passwd',
    ];
    for (const path of outside) assert.notEqual(await rawGet(instance.url, path), 200, path);
    for (const uid of ['..%2f..%2fusers', '%2e%2e', 'a.b', 'x'.repeat(65)])
      assert.equal((await get(`/api/dashboards/uid/${uid}`)).status, 404, uid);
  });

  test('an unchanged file is answered with 304', async () => {
    const first = await get('/public/viewer.js');
    const etag = first.headers.get('etag') ?? '';
    const second = await get('/public/viewer.js', { 'if-none-match': etag });
    assert.equal(second.status, 304);
  });

  test('dashboards are listed, read, saved, exported and deleted as files', async () => {
    const list = (await (await get('/api/search?query=shipped')).json()) as { uid: string }[];
    assert.deepEqual(
      list.map(({ uid }) => uid),
      ['shipped'],
    );
    const saved = await send('POST', '/api/dashboards/db', {
      dashboard: { title: 'Größe & Wärme', panels: [], zeta: 1, alpha: 2 },
    });
    const { uid, file } = (await saved.json()) as { uid: string; file: string };
    assert.equal(file, 'gro-e-warme.json');
    const path = join(instance.config.dashboardsDirectory, file);
    const text = readFileSync(path, 'utf8');
    assert.match(text, /^\{\n {2}"title"/);
    assert.ok(text.indexOf('"zeta"') < text.indexOf('"alpha"'), 'the key order is kept');
    assert.ok(text.endsWith('}\n'));
    const read = (await (await get(`/api/dashboards/uid/${uid}`)).json()) as {
      dashboard: { version: number };
    };
    assert.equal(read.dashboard.version, 1);
    assert.equal((await send('DELETE', `/api/dashboards/uid/${uid}`, {})).status, 200);
    assert.ok(!existsSync(path));
  });

  test('two people saving the same dashboard: the second is told', async () => {
    const stored = (await (await get('/api/dashboards/uid/shipped')).json()) as {
      dashboard: Record<string, unknown>;
    };
    const both = { dashboard: stored.dashboard };
    assert.equal((await send('POST', '/api/dashboards/db', both)).status, 200);
    assert.equal((await send('POST', '/api/dashboards/db', both)).status, 412);
    const forced = await send('POST', '/api/dashboards/db', { ...both, overwrite: true });
    assert.equal(forced.status, 200);
  });

  test('what is no dashboard is refused with the reason', async () => {
    const f = async (dashboard: unknown, reason: RegExp): Promise<void> => {
      const answer = await send('POST', '/api/dashboards/db', { dashboard });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), reason);
    };
    await f([], /must be a JSON object/);
    await f({ panels: [] }, /has no title/);
    await f({ title: 'x', uid: '../../etc' }, /uid may hold/);
    await f({ title: 'x', panels: {} }, /"panels" must be a list/);
    await f({ title: 'x', apiVersion: 'v2', spec: {} }, /classic/);
    let deep: unknown = 1;
    for (let n = 0; n < 100; n++) deep = [deep];
    await f({ title: 'x', deep }, /nested deeper/);
  });
});

describe('passwords', () => {
  test('guessing is slowed down, and one guesser does not lock the others out', async () => {
    const instance = await startInstance();
    try {
      const guess = (): Promise<Response> =>
        fetch(`${instance.url}/login`, {
          method: 'POST',
          headers: jsonHeaders,
          body: JSON.stringify({ user: 'admin', password: 'wrong-password' }),
        });
      for (let n = 0; n < 5; n++) assert.equal((await guess()).status, 401);
      // A wait may be over before the next guess on a machine that is slow; it doubles each time.
      let answer = await guess();
      for (let n = 0; n < 5 && answer.status === 401; n++) answer = await guess();
      assert.equal(answer.status, 429);
      assert.ok(Number(answer.headers.get('retry-after')) >= 1);
    } finally {
      await instance.stop();
    }
  });

  test('a new password ends other sessions and removes the file with the first one', async () => {
    const instance = await startInstance();
    try {
      const [mine, other] = [await logIn(instance.url), await logIn(instance.url)];
      const change = (oldPassword: string, newPassword: string): Promise<Response> =>
        fetch(`${instance.url}/api/user/password`, {
          method: 'PUT',
          headers: { cookie: mine, ...jsonHeaders },
          body: JSON.stringify({ oldPassword, newPassword }),
        });
      assert.equal((await change(adminPassword, 'short')).status, 400);
      assert.equal((await change('not the password', 'a-new-password')).status, 400);
      assert.equal((await change(adminPassword, 'a-new-password')).status, 200);
      const status = async (cookie: string): Promise<number> =>
        (await fetch(`${instance.url}/api/search`, { headers: { cookie } })).status;
      assert.equal(await status(mine), 200);
      assert.equal(await status(other), 401);
      assert.ok(!existsSync(instance.config.adminPasswordFile));
      await assert.rejects(logIn(instance.url), /401/);
      await instance.restart();
      await logIn(instance.url, 'a-new-password');
    } finally {
      await instance.stop();
    }
  });

  test('without a password file one is made, readable by its owner only', async () => {
    const instance = await startInstance();
    const { adminPasswordFile, usersDatabase } = instance.config;
    const { rmSync } = await import('node:fs');
    rmSync(adminPasswordFile);
    try {
      rmSync(usersDatabase);
      await instance.restart();
      assert.equal(statSync(adminPasswordFile).mode & 0o777, 0o600);
      await logIn(instance.url, readFileSync(adminPasswordFile, 'utf8').trim());
    } finally {
      await instance.stop();
    }
  });
});

describe('users', () => {
  test('a viewer looks and changes nothing; a removed one is out at once', async () => {
    const instance = await startInstance();
    try {
      const admin = { cookie: await logIn(instance.url), ...jsonHeaders };
      const add = (body: unknown, headers: Record<string, string> = admin): Promise<Response> =>
        fetch(`${instance.url}/api/users`, { method: 'POST', headers, body: JSON.stringify(body) });
      const viewer = { name: 'eve', password: 'password-of-eve', role: 'viewer' };
      const { id } = (await (await add(viewer)).json()) as { id: number };
      const login = await fetch(`${instance.url}/login`, {
        method: 'POST',
        headers: jsonHeaders,
        body: JSON.stringify({ user: 'eve', password: 'password-of-eve' }),
      });
      const eve = {
        cookie: (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
        ...jsonHeaders,
      };
      const status = async (method: string, path: string, headers: Record<string, string>) =>
        (
          await fetch(`${instance.url}${path}`, {
            method,
            headers,
            ...(method === 'GET' ? {} : { body: '{}' }),
          })
        ).status;
      assert.equal(await status('GET', '/api/search', eve), 200);
      assert.equal(await status('POST', '/api/dashboards/db', eve), 403);
      assert.equal(await status('DELETE', '/api/dashboards/uid/shipped', eve), 403);
      assert.equal(await status('GET', '/api/users', eve), 403);
      assert.equal((await add({ ...viewer, name: 'x' }, eve)).status, 403);
      const listed = (await (
        await fetch(`${instance.url}/api/users`, { headers: admin })
      ).json()) as object[];
      assert.deepEqual(
        listed.map((user) => Object.keys(user)),
        [
          ['id', 'name', 'role'],
          ['id', 'name', 'role'],
        ],
      );
      assert.equal(await status('DELETE', `/api/users/${id}`, admin), 200);
      assert.equal(await status('GET', '/api/search', eve), 401);
      assert.equal(await status('DELETE', `/api/users/${id}`, admin), 404);
      assert.equal(await status('DELETE', '/api/users/1', admin), 400, 'not oneself');
    } finally {
      await instance.stop();
    }
  });

  test('bad ones are refused', async () => {
    const instance = await startInstance();
    try {
      const headers = { cookie: await logIn(instance.url), ...jsonHeaders };
      const good = { name: 'a', password: '12345678', role: 'viewer' };
      for (const [change, reason] of [
        [{ name: 'a b' }, /user name/],
        [{ name: '' }, /user name/],
        [{ password: 'short' }, /8 to 256/],
        [{ password: 'x'.repeat(257) }, /8 to 256/],
        [{ role: 'root' }, /role/],
        [{ name: 'ADMIN' }, /already/],
      ] as const) {
        const body = JSON.stringify({ ...good, ...change });
        const answer = await fetch(`${instance.url}/api/users`, { method: 'POST', headers, body });
        assert.equal(answer.status, 400);
        assert.match(await answer.text(), reason);
      }
    } finally {
      await instance.stop();
    }
  });
});

describe('reload', () => {
  test('another carbonapi and anonymous viewing apply at once', async () => {
    const [first, second] = [await startScriptedCarbonapi(), await startScriptedCarbonapi()];
    const instance = await startInstance({ carbonapi: first.url });
    const ask = (): Promise<Response> =>
      fetch(`${instance.url}/api/datasources/proxy/1/render?target=a`);
    try {
      assert.equal((await ask()).status, 401);
      instance.reload({ ...instance.config, carbonapi: second.url, anonymousViewing: true });
      assert.equal((await ask()).status, 200);
      assert.deepEqual([first.asked.length, second.asked.length], [0, 1]);
    } finally {
      await instance.stop();
      await first.stop();
      await second.stop();
    }
  });
});

describe('looking without a login', () => {
  test('anonymous viewing shows, and changes nothing', async () => {
    const instance = await startInstance({ anonymousViewing: true });
    try {
      const user = (await (await fetch(`${instance.url}/api/session`)).json()) as object;
      assert.deepEqual(
        { ...user, version: '' },
        { name: '', role: 'viewer', isAnonymous: true, version: '' },
      );
      assert.equal((await fetch(`${instance.url}/api/search`)).status, 200);
      const saved = await fetch(`${instance.url}/api/dashboards/db`, {
        method: 'POST',
        headers: jsonHeaders,
        body: JSON.stringify({ dashboard: { title: 'x' } }),
      });
      assert.equal(saved.status, 401);
    } finally {
      await instance.stop();
    }
  });
});

describe('behind a reverse proxy with a path', () => {
  test('the page, the cookie and both kinds of path work', async () => {
    const instance = await startInstance({ rootUrl: 'https://example.org/monitoring/' });
    try {
      for (const prefix of ['', '/monitoring']) {
        const page = await (await fetch(`${instance.url}${prefix}/d/x`)).text();
        assert.match(page, /<base href="\/monitoring\/">/);
        assert.equal((await fetch(`${instance.url}${prefix}/public/viewer.js`)).status, 200);
      }
      assert.equal((await fetch(`${instance.url}/monitoringx/`)).status, 404);
      const answer = await fetch(`${instance.url}/monitoring/login`, {
        method: 'POST',
        headers: { ...jsonHeaders, origin: 'https://example.org' },
        body: JSON.stringify({ user: 'admin', password: adminPassword }),
      });
      const header = answer.headers.get('set-cookie') ?? '';
      assert.match(header, /; Path=\/monitoring\/; .*; Secure$/);
    } finally {
      await instance.stop();
    }
  });
});
