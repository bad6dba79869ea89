// The dashboards over HTTPS, in front of a carbonapi that asks for a token.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { grafanaSchema } from '../../bundle/grafana/config.ts';
import { openCarbonapiAccess } from '../../bundle/grafana/proxy/carbonapi-access.ts';
import { grafanaEnvironment } from '../../bundle/grafana/real-grafana.ts';
import { createAuthority, signIdentity } from '../../installer/tls/certificates.ts';
import { adminPassword, startInstance } from './dashboard-service.ts';

const authority = await createAuthority('test authority', Date.now());
const identity = await signIdentity(
  authority,
  { name: 'server', use: 'server', hosts: ['127.0.0.1'], days: 9 },
  Date.now(),
);

test('HTTPS to the browser and to carbonapi, the token is sent and stays secret', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-grafana-tls-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const place = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const ca = place('ca.pem', authority.certificate);
  const tls = {
    certificate: place('server.pem', identity.certificate),
    key: place('server-key.pem', identity.key),
    clientCa: '',
    clientCrl: '',
  };
  const carbonapi = createServer({ cert: identity.certificate, key: identity.key });
  carbonapi.on('request', (asked, answer) => {
    const known = asked.headers.authorization === 'Bearer good';
    answer.writeHead(known ? 200 : 401, { 'www-authenticate': 'Basic' });
    answer.end(known ? '[]' : 'a token is needed');
  });
  await new Promise<void>((resolve) => carbonapi.listen(0, '127.0.0.1', resolve));
  t.after(() => carbonapi.close());
  const tokenFile = place('token', 'good\n');
  const instance = await startInstance({
    tls,
    carbonapi: `https://127.0.0.1:${(carbonapi.address() as AddressInfo).port}`,
    carbonapiTokenFile: tokenFile,
    carbonapiCa: ca,
  });
  t.after(() => instance.stop());
  const ask = (method: string, path: string, headers: Record<string, string>, body = '') =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const url = new URL(path, instance.url.replace('http:', 'https:'));
      const sent = request(url, { method, headers, ca: authority.certificate }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const login = await ask(
    'POST',
    '/login',
    { 'content-type': 'application/json' },
    JSON.stringify({ user: 'admin', password: adminPassword }),
  );
  const setCookie = login.headers['set-cookie']?.[0] ?? '';
  assert.match(setCookie, /; Secure/);
  const cookie = setCookie.split(';')[0] ?? '';
  const render = '/api/datasources/proxy/uid/DkuCarbonAPI/render?target=a';
  const answer = await ask('GET', render, { cookie });
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.headers['www-authenticate'], undefined);

  writeFileSync(tokenFile, 'bad');
  instance.reload({ ...instance.config, requestsMax: 99 });
  assert.equal((await ask('GET', render, { cookie })).statusCode, 502);
});

test('a real Grafana gets certificates, token and authority by its environment', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-grafana-env-'));
  const before = process.cwd();
  process.chdir(directory);
  t.after(() => {
    process.chdir(before);
    rmSync(directory, { recursive: true, force: true });
  });
  writeFileSync('token', 'good\n');
  writeFileSync('ca.pem', authority.certificate);
  const plain = grafanaEnvironment(grafanaSchema.parse({}));
  assert.equal(plain['GF_SERVER_PROTOCOL'], undefined);
  assert.equal(plain['DKUMONITOR_CARBONAPI_AUTHORIZATION'], undefined);
  const secure = grafanaEnvironment(
    grafanaSchema.parse({
      tls: { certificate: 'server.pem', key: 'server-key.pem' },
      carbonapiTokenFile: 'token',
      carbonapiCa: 'ca.pem',
    }),
  );
  assert.equal(secure['GF_SERVER_PROTOCOL'], 'https');
  assert.equal(secure['GF_SERVER_CERT_FILE'], join(process.cwd(), 'server.pem'));
  assert.equal(secure['GF_SECURITY_COOKIE_SECURE'], 'true');
  assert.equal(secure['DKUMONITOR_CARBONAPI_AUTHORIZATION'], 'Bearer good');
  assert.equal(secure['DKUMONITOR_CARBONAPI_CA'], authority.certificate.trim());
});

test('a token that is renewed is used at once', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-grafana-token-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const carbonapiTokenFile = join(directory, 'token');
  writeFileSync(carbonapiTokenFile, 'one\n');
  let nowMs = 0;
  const access = openCarbonapiAccess({ carbonapiTokenFile, carbonapiCa: '' }, () => nowMs);
  assert.equal(access.authorization(), 'Bearer one');
  writeFileSync(carbonapiTokenFile, 'two\n');
  utimesSync(carbonapiTokenFile, 1, 1);
  nowMs = 1000;
  assert.equal(access.authorization(), 'Bearer two');
  const missing = { carbonapiTokenFile: join(directory, 'none'), carbonapiCa: '' };
  assert.throws(() => openCarbonapiAccess(missing), /cannot read carbonapiTokenFile/);
});
