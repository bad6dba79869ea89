// The secure profile with the real tarball: a secure server, an agent that joins it by token, whoever has
// neither certificate nor token outside, renewal and revocation without a restart.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { type PortName, portOf } from '../../bundle/services.ts';
import { signIdentity } from '../../installer/tls/certificates.ts';
import {
  eventually,
  freeBasePort,
  type RenderedSeries,
  type RunResult,
  type Sandbox,
  unpackedKit,
  valuesOf,
} from './instance.ts';

let sandbox: Sandbox;
let server: string;
let agent: string;
let frontend: string;
let base: number;
let ca: string;
const tokens = { read: '', write: '', admin: '' };

const run = (program: string, ...args: string[]): Promise<RunResult> => sandbox.run(program, args);

/** Runs a program that is to succeed; returns what it printed. */
async function done(program: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, ...args);
  assert.equal(exitCode, 0, `${program} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

const dkmadmin = (...args: string[]): Promise<string> =>
  done(join(server, 'bin/dkmadmin'), ...args);
const port = (name: PortName): number => portOf(name, base);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(
  name: PortName,
  path: string,
  options: {
    method?: string;
    token?: string;
    headers?: Record<string, string>;
    body?: string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', token, headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: 'localhost',
        port: port(name),
        family: 4,
        path,
        method,
        ca,
        agent: false,
        headers: {
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function render(target: string): Promise<RenderedSeries[]> {
  const query = new URLSearchParams({ target, from: '-10min', format: 'json' });
  const answer = await ask('carbonapi', `/render?${query}`, { token: tokens.read });
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body) as RenderedSeries[];
}

const arrives = (target: string, value?: number): Promise<true> =>
  eventually(target, 40_000, async () => {
    const values = (await render(target)).flatMap(valuesOf);
    const isThere = value === undefined ? values.length > 0 : values.includes(value);
    return isThere ? true : undefined;
  });

/** Sends lines to the plaintext port inside TLS; resolves when the connection has ended. */
function send(lines: string, as: ConnectionOptions): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: port('plaintext'), ca, ...as });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
    socket.end(lines);
  });
}

const secret = (home: string, name: string): string =>
  readFileSync(join(home, 'conf/secrets', name), 'utf8');
const identityOf = (home: string): ConnectionOptions => ({
  cert: secret(home, 'tls/agent.pem'),
  key: secret(home, 'tls/agent-key.pem'),
});

async function servicePids(): Promise<Record<string, number>> {
  const text = await done(join(server, 'bin/dkm'), 'status', '--json');
  const { services } = JSON.parse(text) as {
    services: { name: string; pid: number; state: string }[];
  };
  for (const { name, state } of services) assert.equal(state, 'ready', name);
  return Object.fromEntries(services.map(({ name, pid }) => [name, pid]));
}

/** The serial number of the certificate that a door shows. */
function serialAt(name: PortName): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: port(name), ca, ...identityOf(server) },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

before(async () => {
  sandbox = await unpackedKit();
  server = join(sandbox.directory, 'server');
  agent = join(sandbox.directory, 'agent');
  frontend = join(sandbox.directory, 'frontend');
  base = await freeBasePort();
});

after(async () => {
  for (const home of [agent, frontend, server])
    if (existsSync(join(home, 'bin/dkm'))) await run(join(home, 'bin/dkm'), 'stop');
  sandbox.remove();
});

test('a secure server is installed and ready, its secrets are its owner’s', async () => {
  const said = await done(
    join(sandbox.kit, 'installer'),
    ...['-d', server, '-p', String(base), '-t', 'all', '--hostname', 'monitor.example.org'],
    ...['--secure', '--secure-hosts', 'localhost'],
  );
  assert.match(said, /Authorization: Bearer TOKEN/);
  for (const name of ['tls/ca-key.pem', 'tls/server-key.pem', 'tokens.json', 'dashboards-token'])
    assert.equal(statSync(join(server, 'conf/secrets', name)).mode & 0o077, 0, name);
  ca = secret(server, 'tls/ca.pem');
  await done(join(server, 'bin/dkm'), 'start');
  assert.deepEqual(Object.keys(await servicePids()).sort(), [
    'agent',
    'carbon',
    'carbonapi',
    'grafana',
  ]);
});

test('roles: without a token 401, reading, writing and deleting each need theirs', async () => {
  for (const role of ['read', 'write', 'admin'] as const)
    tokens[role] = (await dkmadmin('token', 'create', `test-${role}`, '--role', role)).trim();
  const event = JSON.stringify({ what: 'deployed', tags: 'web' });
  const post = (token?: string) =>
    ask('carbonapi', '/events', {
      method: 'POST',
      body: event,
      ...(token === undefined ? {} : { token }),
    });
  await eventually('the new tokens', 5000, async () => {
    const { status } = await ask('carbonapi', '/functions', { token: tokens.admin });
    return status === 200 ? true : undefined;
  });
  assert.equal((await ask('carbonapi', '/lb_check')).status, 200);
  assert.equal((await ask('carbonapi', '/render?target=a')).status, 401);
  assert.equal((await ask('carbonapi', '/render?target=a', { token: 'dkm_wrong' })).status, 401);
  assert.deepEqual(await render('nothing.there'), []);
  assert.equal((await post()).status, 401);
  assert.equal((await post(tokens.read)).status, 403);
  assert.equal((await post(tokens.write)).status, 200);
  const remove = (token: string) =>
    ask('carbonapi', '/events/1', { method: 'DELETE', token }).then(({ status }) => status);
  assert.equal(await remove(tokens.write), 403);
  assert.equal(await remove(tokens.admin), 204);
  await assert.rejects(fetch(`http://127.0.0.1:${port('carbonapi')}/lb_check`));
});

test('what the server’s own agent sends arrives', async () => {
  await arrives('collectd.org.example.monitor.memory.memory.used');
});

test('an agent joins with a token and its metrics arrive', async () => {
  const file = join(sandbox.directory, 'join-token');
  const token = await dkmadmin('agent-token', 'web7', '--host', 'localhost');
  writeFileSync(file, token, { mode: 0o644 });
  const own = String(await freeBasePort());
  await done(
    join(sandbox.kit, 'installer'),
    ...['-d', agent, '-p', own, '-t', 'agent', '--hostname', 'web7.example.org'],
    ...['--join', `@${file}`],
  );
  assert.equal(statSync(join(agent, 'conf/secrets/tls/agent-key.pem')).mode & 0o077, 0);
  await done(join(agent, 'bin/dkm'), 'start');
  await arrives('collectd.org.example.web7.memory.memory.used');
});

test('the plaintext port takes nobody without TLS, without or with a foreign certificate', async () => {
  const now = Math.floor(Date.now() / 1000);
  await send(`secure.known 7 ${now}\n`, identityOf(agent));
  await send(`secure.nobody 7 ${now}\n`, {});
  await new Promise<void>((resolve) => {
    const plain = connectTcp(port('plaintext'), '127.0.0.1');
    plain.on('error', () => {});
    plain.on('close', () => resolve());
    plain.resume();
    plain.end(`secure.plain 7 ${now}\n`);
  });
  await arrives('secure.known', 7);
  assert.deepEqual(await render('secure.{nobody,plain}'), []);
});

test('the dashboards answer over HTTPS, log in with a Secure cookie and can read metrics', async () => {
  const health = await ask('dashboards', '/api/health');
  assert.equal(health.status, 200);
  const login = await ask('dashboards', '/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'admin', password: secret(server, 'admin-password').trim() }),
  });
  assert.equal(login.status, 200, login.body);
  const cookie = login.headers['set-cookie']?.[0] ?? '';
  assert.match(cookie, /; Secure/);
  const path = '/api/datasources/proxy/uid/DkuCarbonAPI/render?format=json&target=secure.known';
  const seen = await ask('dashboards', path, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  assert.equal(seen.status, 200, seen.body);
  assert.ok(valuesOf((JSON.parse(seen.body) as RenderedSeries[])[0]).includes(7));
});

test('a frontend joins with a token and reads from the server', async () => {
  const file = join(sandbox.directory, 'frontend-token');
  const token = await dkmadmin('frontend-token', 'wall', '--host', 'localhost');
  writeFileSync(file, token, { mode: 0o644 });
  const own = await freeBasePort();
  await done(
    join(sandbox.kit, 'installer'),
    ...['-d', frontend, '-p', String(own), '-t', 'frontend', '--join', `@${file}`],
  );
  await done(join(frontend, 'bin/dkm'), 'start');
  const url = `http://127.0.0.1:${portOf('dashboards', own)}`;
  const login = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'admin', password: secret(frontend, 'admin-password').trim() }),
  });
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const path = '/api/datasources/proxy/uid/DkuCarbonAPI/render?format=json&target=secure.known';
  const seen = await fetch(`${url}${path}`, { headers: { cookie } });
  assert.equal(seen.status, 200);
  assert.ok(valuesOf(((await seen.json()) as RenderedSeries[])[0]).includes(7));
});

test('a renewed certificate is in use without a restart, and agents go on sending', async () => {
  const pids = await servicePids();
  const doors = ['plaintext', 'carbonapi', 'dashboards'] as const;
  const old = await serialAt('plaintext');
  for (const door of doors) assert.equal(await serialAt(door), old, door);
  assert.equal(await dkmadmin('certificate', 'renew', '--if-needed'), '');
  assert.match(await dkmadmin('certificate', 'renew'), /renewed/);
  for (const door of doors) {
    await eventually(`the new certificate at ${door}`, 20_000, async () =>
      (await serialAt(door)) === old ? undefined : true,
    );
  }
  assert.deepEqual(await servicePids(), pids);
  assert.match(await dkmadmin('certificate', 'status'), /server\.pem: .*396 days/);
  await done(join(agent, 'bin/dkm'), 'restart');
  const now = Math.floor(Date.now() / 1000);
  await send(`secure.after 8 ${now}\n`, identityOf(agent));
  await arrives('secure.after', 8);
});

test('the supervisor renews a certificate whose end is near, at its start', async () => {
  const authority = { certificate: ca, key: secret(server, 'tls/ca-key.pem') };
  const ending = await signIdentity(
    authority,
    { name: 'monitor', use: 'server', hosts: ['localhost', '127.0.0.1'], days: 9 },
    Date.now(),
  );
  writeFileSync(join(server, 'conf/secrets/tls/server-key.pem'), ending.key);
  writeFileSync(join(server, 'conf/secrets/tls/server.pem'), ending.certificate);
  const { serialNumber } = new X509Certificate(ending.certificate);
  await done(join(server, 'bin/dkm'), 'restart');
  await eventually('a longer certificate', 20_000, async () =>
    (await serialAt('carbonapi')) === serialNumber ? undefined : true,
  );
  assert.match(readFileSync(join(server, 'run/supervisor.log'), 'utf8'), /renewed, in use/);
});

test('dkmadmin doctor finds nothing wrong with a secure instance', async () => {
  const findings = JSON.parse(await dkmadmin('doctor', '--json')) as {
    level: string;
    about: string;
    text: string;
  }[];
  const about = (subject: string) => findings.filter((finding) => finding.about === subject);
  assert.deepEqual(
    about('doors').map(({ level, text }) => [level, text.split(',')[0]]),
    [['good', 'plaintext tcp']],
  );
  assert.deepEqual([...new Set(about('certificates').map(({ level }) => level))], ['good']);
  assert.equal(about('network')[0]?.level, 'good');
});

test('a revoked token is refused without a restart', async () => {
  const pids = await servicePids();
  await dkmadmin('token', 'revoke', 'test-write');
  await eventually('the refusal', 5000, async () => {
    const { status } = await ask('carbonapi', '/functions', { token: tokens.write });
    return status === 401 ? true : undefined;
  });
  assert.equal((await ask('carbonapi', '/functions', { token: tokens.read })).status, 200);
  assert.deepEqual(await servicePids(), pids);
  assert.match(await dkmadmin('token', 'list'), /test-read +read/);
});

test('a revoked agent is refused without a restart, others are not', async () => {
  const pids = await servicePids();
  assert.match(await dkmadmin('agents', 'revoke', 'web7'), /1 certificate/);
  const now = Math.floor(Date.now() / 1000);
  let tries = 0;
  // Within seconds; from then on what it sends does not arrive.
  await eventually('the refusal', 20_000, async () => {
    tries += 1;
    await send(`secure.revoked${tries} 9 ${now}\n`, identityOf(agent));
    await send(`secure.server${tries} 9 ${now}\n`, identityOf(server));
    await arrives(`secure.server${tries}`, 9);
    const seen = await render(`secure.revoked${tries}`);
    return seen.length === 0 ? true : undefined;
  });
  assert.deepEqual(await servicePids(), pids);
});

test('an instance that runs already is made secure; its files as they were are kept', async () => {
  const home = join(sandbox.directory, 'later');
  const own = await freeBasePort();
  const admin = join(home, 'bin/dkmadmin');
  await done(join(sandbox.kit, 'installer'), '-d', home, '-p', String(own), '-t', 'backend');
  const before = readFileSync(join(home, 'conf/carbon.yml'), 'utf8');
  assert.match(await done(admin, 'secure', '--dry-run'), /\+ {2}udp: false/);
  assert.equal(existsSync(join(home, 'conf/secrets/tls')), false);
  assert.match(await done(admin, 'secure', '--hosts', 'db.example.org'), /dkm restart/);
  assert.equal(readFileSync(join(home, 'conf/carbon.yml.before-secure'), 'utf8'), before);
  await done(admin, 'config', 'check');
});
