// HTTPS with a local authority's certificates, client certificates, renewal without restart; access
// tokens with roles.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { hashToken, newToken, openTokens, type Role } from '../../bundle/core/access-tokens.ts';
import { jsonAnswer, startHttpServer } from '../../bundle/core/http.ts';
import { silentLogger } from '../../bundle/core/log.ts';
import { loadTls } from '../../bundle/core/tls-files.ts';
import {
  createAuthority,
  type Identity,
  signIdentity,
  validUntilMs,
} from '../../installer/tls/certificates.ts';

const authority = await createAuthority('test authority', Date.now());
const server = await signIdentity(
  authority,
  { name: 'server', use: 'server', hosts: ['localhost', '127.0.0.1'], days: 30 },
  Date.now(),
);
const client = await signIdentity(
  authority,
  { name: 'web1', use: 'client', hosts: [], days: 30 },
  Date.now(),
);

function workspace(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-tls-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function writeIdentity(
  directory: string,
  { certificate, key }: Identity,
): { certificate: string; key: string } {
  const files = {
    certificate: join(directory, 'server.pem'),
    key: join(directory, 'server-key.pem'),
  };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key);
  return files;
}

const route = () => () => jsonAnswer('fine');
const base = {
  name: 'test',
  address: { host: '127.0.0.1', port: 0 },
  log: silentLogger,
  bodyBytesMax: 100,
  route,
};

function get(port: number, options: ConnectionOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/', agent: false, ...options },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

test('a client that trusts the authority is served, another is not', async (t) => {
  const service = await startHttpServer({
    ...base,
    tls: { ...writeIdentity(workspace(t), server), clientCa: '' },
  });
  t.after(() => service.stop());
  assert.equal(await get(service.address.port, { ca: authority.certificate }), 200);
  await assert.rejects(get(service.address.port, {}), /unable to verify|self-signed/);
});

test('with a client authority only its clients are served', async (t) => {
  const directory = workspace(t);
  const clientCa = join(directory, 'ca.pem');
  writeFileSync(clientCa, authority.certificate);
  const service = await startHttpServer({
    ...base,
    tls: { ...writeIdentity(directory, server), clientCa },
  });
  t.after(() => service.stop());
  const { port } = service.address;
  assert.equal(
    await get(port, { ca: authority.certificate, cert: client.certificate, key: client.key }),
    200,
  );
  await assert.rejects(get(port, { ca: authority.certificate }));
  const stranger = await createAuthority('stranger', Date.now());
  const forged = await signIdentity(
    stranger,
    { name: 'web1', use: 'client', hosts: [], days: 1 },
    Date.now(),
  );
  await assert.rejects(
    get(port, { ca: authority.certificate, cert: forged.certificate, key: forged.key }),
  );
});

test('a renewed certificate is used without a restart', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const directory = workspace(t);
  const files = writeIdentity(directory, server);
  const service = await startHttpServer({ ...base, tls: { ...files, clientCa: '' } });
  t.after(() => service.stop());
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket: TLSSocket = connect(
        { host: '127.0.0.1', port: service.address.port, ca: authority.certificate },
        () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        },
      );
      socket.on('error', reject);
    });
  const before = await shown();
  const renewed = await signIdentity(
    authority,
    { name: 'server', use: 'server', hosts: ['127.0.0.1'], days: 60 },
    Date.now(),
  );
  writeIdentity(directory, renewed);
  utimesSync(files.certificate, 1, 1);
  t.mock.timers.tick(5000);
  assert.notEqual(await shown(), before);
  writeFileSync(files.key, 'broken');
  t.mock.timers.tick(5000);
  assert.notEqual(await shown(), before);
});

test('certificates say until when they are good, and a wrong key is told at start', async (t) => {
  assert.ok(Math.abs(validUntilMs(server.certificate) - Date.now() - 30 * 86_400_000) < 60_000);
  const files = writeIdentity(workspace(t), { certificate: server.certificate, key: client.key });
  assert.throws(
    () => loadTls({ ...files, clientCa: '' }),
    /cannot use the certificate .*server\.pem/,
  );
  assert.equal(loadTls({ certificate: '', key: '', clientCa: '' }), undefined);
});

test('tokens open what their role may, whatever the spelling of the path', async (t) => {
  const file = join(workspace(t), 'tokens.json');
  const tokens: Record<Role, string> = { read: newToken(), write: newToken(), admin: newToken() };
  const rows = (Object.entries(tokens) as [Role, string][]).map(([role, token]) => ({
    name: role,
    role,
    sha256: hashToken(token),
    created: '2026-01-01',
  }));
  writeFileSync(file, JSON.stringify({ tokens: rows }));
  const service = await startHttpServer({
    ...base,
    access: {
      tokens: openTokens(file),
      roleFor: (method, path) =>
        path === '/open'
          ? undefined
          : path === '/admin'
            ? 'admin'
            : method === 'POST'
              ? 'write'
              : 'read',
    },
  });
  t.after(() => service.stop());
  const ask = async (path: string, authorization?: string, method = 'GET'): Promise<number> => {
    const headers = authorization === undefined ? {} : { authorization };
    return (await fetch(`http://127.0.0.1:${service.address.port}${path}`, { method, headers }))
      .status;
  };
  assert.equal(await ask('/open'), 200);
  assert.equal(await ask('/x'), 401);
  assert.equal(await ask('/x', 'Bearer nonsense'), 401);
  assert.equal(await ask('/x', `Bearer ${tokens.read}`), 200);
  assert.equal(
    await ask('/x', `Basic ${Buffer.from(`any:${tokens.read}`).toString('base64')}`),
    200,
  );
  assert.equal(await ask('/x', `Bearer ${tokens.read}`, 'POST'), 403);
  assert.equal(await ask('/x', `Bearer ${tokens.write}`, 'POST'), 200);
  assert.equal(await ask('/admin', `Bearer ${tokens.write}`), 403);
  assert.equal(await ask('/%61dmin/', `Bearer ${tokens.write}`), 403);
  assert.equal(await ask('/admin', `Bearer ${tokens.admin}`), 200);
  writeFileSync(file, '{"tokens": []}');
});

test('a withdrawn token is refused soon', (t) => {
  const file = join(workspace(t), 'tokens.json');
  const token = newToken();
  writeFileSync(
    file,
    JSON.stringify({
      tokens: [{ name: 'a', role: 'read', sha256: hashToken(token), created: 'x' }],
    }),
  );
  let nowMs = 0;
  const tokens = openTokens(file, () => nowMs);
  assert.equal(tokens.roleOf(token), 'read');
  writeFileSync(file, '{"tokens": []}');
  utimesSync(file, 5, 5);
  nowMs = 2000;
  assert.equal(tokens.roleOf(token), undefined);
  writeFileSync(file, 'broken');
  assert.throws(() => openTokens(file), /cannot read the token file/);
});
