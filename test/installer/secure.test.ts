// The secure profile without processes: what it writes, what it leaves alone, tokens, join tokens,
// renewal.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { configSchema as agentSchema } from '../../bundle/agent/config.ts';
import { carbonConfig } from '../../bundle/carbon/config.ts';
import { carbonapiConfig } from '../../bundle/carbonapi/config.ts';
import { hashToken } from '../../bundle/core/access-tokens.ts';
import { parseConfig } from '../../bundle/core/config.ts';
import { grafanaSchema } from '../../bundle/grafana/config.ts';
import type { InstallType } from '../../bundle/services.ts';
import { supervisorSchema } from '../../bundle/supervisor/config.ts';
import { mergeConfiguration } from '../../installer/config-merge.ts';
import {
  type InstallOptions,
  planInstallation,
  templateContext,
} from '../../installer/install-plan.ts';
import { renderTemplates } from '../../installer/render-templates.ts';
import { listAgents, revokeAgent } from '../../installer/secure/agents.ts';
import { editYaml } from '../../installer/secure/edit-yaml.ts';
import {
  certificateStatus,
  endsSoon,
  readAuthority,
  renewServer,
} from '../../installer/secure/identities.ts';
import {
  createJoinToken,
  decodeJoinToken,
  encodeJoinToken,
  type JoinToken,
  planJoin,
  readJoinToken,
  writeJoinSecrets,
} from '../../installer/secure/join-token.ts';
import { secretPaths } from '../../installer/secure/secret-files.ts';
import { secureText } from '../../installer/secure/secure-config.ts';
import {
  applyEdits,
  makeSecure,
  planSecure,
  readHosts,
} from '../../installer/secure/secure-instance.ts';
import { createToken, listTokens, revokeToken } from '../../installer/secure/tokens.ts';

const templates = join(import.meta.dirname, '../../templates');
const now = Date.parse('2026-03-01T00:00:00Z');
const dayMs = 86_400_000;

/** A rendered installation in a temporary directory, without programs. */
function installed(t: TestContext, type: InstallType, options: InstallOptions = {}) {
  const home = mkdtempSync(join(tmpdir(), 'dkm-secure-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const plan = planInstallation({
    directory: home,
    port: '27600',
    type,
    hostname: 'monitor.example.org',
    ...options,
  });
  for (const { path, content } of renderTemplates(templates, templateContext(plan.instance))) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  const text = (path: string): string => readFileSync(join(home, path), 'utf8');
  return { home, instance: plan.instance, plan, text };
}

async function secured(t: TestContext, type: InstallType) {
  const made = installed(t, type);
  await makeSecure(made.home, planSecure(made.home, made.instance, ['monitor']), now);
  return made;
}

const serialOf = (token: JoinToken | undefined): string =>
  token?.use === 'agent' ? new X509Certificate(token.certificate).serialNumber : '';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a secure instance: TLS on every open door, tokens for the API, secrets for the owner', async (t) => {
  const { home, text } = await secured(t, 'all');
  const carbon = parseConfig(carbonConfig, text('conf/carbon.yml'), 'carbon.yml');
  assert.deepEqual(carbon.plaintext.tls, {
    certificate: secretPaths.server,
    key: secretPaths.serverKey,
    clientCa: secretPaths.authority,
    clientCrl: secretPaths.revoked,
  });
  assert.equal(carbon.plaintext.udp, false);
  assert.equal(carbon.carbonserver.listen, '127.0.0.1:27603');
  assert.equal(carbon.pickle.tls.certificate, '');
  const api = parseConfig(carbonapiConfig, text('conf/carbonapi.yml'), 'carbonapi.yml');
  assert.equal(api.tls.certificate, secretPaths.server);
  assert.equal(api.tls.clientCa, '');
  assert.equal(api.tokens, secretPaths.tokens);
  assert.match(text('conf/carbonapi.yml'), /- "http:\/\/127\.0\.0\.1:27603"/);
  const grafana = parseConfig(grafanaSchema, text('conf/grafana.yml'), 'grafana.yml');
  assert.equal(grafana.tls.certificate, secretPaths.server);
  assert.equal(grafana.carbonapi, 'https://127.0.0.1:27602');
  assert.equal(grafana.carbonapiTokenFile, secretPaths.dashboardsToken);
  assert.equal(grafana.carbonapiCa, secretPaths.authority);
  const agent = parseConfig(agentSchema(), text('conf/agent.yml'), 'agent.yml');
  assert.equal(agent.outputs[0]?.protocol, 'tls');
  assert.equal(agent.outputs[0]?.tls.certificate, secretPaths.agent);
  const supervisor = parseConfig(supervisorSchema, text('conf/supervisor.yml'), 'supervisor.yml');
  assert.equal(supervisor.services.carbon.probe, 'tcp://127.0.0.1:27603');
  assert.equal(supervisor.services.carbonapi.probe, 'https://127.0.0.1:27602/lb_check');
  assert.equal(supervisor.services.grafana.probe, 'https://127.0.0.1:27600/api/health');

  for (const path of Object.values(secretPaths).filter(
    (path) => path !== secretPaths.agents && path !== secretPaths.carbonapiAuthority,
  ))
    assert.equal(modeOf(join(home, path)), '600', path);
  assert.equal(modeOf(join(home, 'conf/secrets/tls')), '700');
  assert.equal(modeOf(join(home, 'conf/secrets')), '700');
  assert.deepEqual(
    listTokens(home).map(({ name, role }) => [name, role]),
    [['dashboards', 'read']],
  );
  assert.equal(listTokens(home)[0]?.sha256, hashToken(text(secretPaths.dashboardsToken).trim()));
  const server = new X509Certificate(text(secretPaths.server));
  assert.ok(server.checkIssued(new X509Certificate(text(secretPaths.authority))));
  for (const host of ['monitor.example.org', 'monitor', 'localhost'])
    assert.ok(server.checkHost(host), host);
  assert.ok(server.checkIP('127.0.0.1'));
});

test('every comment and every key of the user stays', async (t) => {
  const { home, instance, text } = installed(t, 'server');
  const own = text('conf/carbonapi.yml')
    .replace('slowQueryMs: 2000', 'slowQueryMs: 750 # ours')
    .replace('cors: []', 'cors: ["https://wiki.example.org"]');
  writeFileSync(join(home, 'conf/carbonapi.yml'), own);
  await makeSecure(home, planSecure(home, instance, []), now);
  const after = text('conf/carbonapi.yml').split('\n');
  for (const line of own.split('\n')) assert.ok(after.includes(line), line);
  assert.equal(after.length - own.split('\n').length, 4);
});

test('certificates and probes of the user’s own stay', (t) => {
  const { home, instance, text } = installed(t, 'server');
  const own = 'tls:\n  certificate: /etc/ssl/monitor.pem\n  key: /etc/ssl/monitor-key.pem\n';
  writeFileSync(join(home, 'conf/grafana.yml'), `${text('conf/grafana.yml')}${own}`);
  const probes = text('conf/supervisor.yml').replace(/"http:.*lb_check"/, '"tcp://127.0.0.1:80"');
  writeFileSync(join(home, 'conf/supervisor.yml'), probes);
  const { edits } = planSecure(home, instance, []);
  const after = (path: string): string => edits.find((edit) => edit.path === path)?.after ?? '';
  const grafana = parseConfig(grafanaSchema, after('conf/grafana.yml'), 'grafana.yml');
  assert.equal(grafana.tls.certificate, '/etc/ssl/monitor.pem');
  assert.equal(grafana.tls.key, '/etc/ssl/monitor-key.pem');
  const { services } = parseConfig(
    supervisorSchema,
    after('conf/supervisor.yml'),
    'supervisor.yml',
  );
  assert.equal(services.carbonapi.probe, 'tcp://127.0.0.1:80');
  assert.equal(services.grafana.probe, 'https://127.0.0.1:27600/api/health');
});

test('doing it again keeps authority and tokens and changes no configuration', async (t) => {
  const { home, instance, text } = await secured(t, 'all');
  const kept = [secretPaths.authority, secretPaths.tokens, secretPaths.agent].map(text);
  const again = planSecure(home, instance, ['another.example.org']);
  assert.deepEqual(again.edits, []);
  await makeSecure(home, again, now);
  assert.deepEqual([secretPaths.authority, secretPaths.tokens, secretPaths.agent].map(text), kept);
  const server = new X509Certificate(text(secretPaths.server));
  for (const host of ['another.example.org', 'monitor', 'monitor.example.org'])
    assert.ok(server.checkHost(host), host);
});

test('doors on loopback stay plain, open ones are closed or get TLS', (t) => {
  const { home, instance, text } = installed(t, 'backend');
  const open = text('conf/carbon.yml')
    .replace('listen: 127.0.0.1:27603', 'listen: 0.0.0.0:27603')
    .replace('listen: 127.0.0.1:27604', 'listen: ":27604"');
  writeFileSync(join(home, 'conf/carbon.yml'), open);
  const edit = planSecure(home, instance, []).edits.find(({ path }) => path.endsWith('carbon.yml'));
  const carbon = parseConfig(carbonConfig, edit?.after ?? '', 'carbon.yml');
  assert.equal(carbon.carbonserver.listen, '127.0.0.1:27603');
  assert.equal(carbon.pickle.tls.certificate, secretPaths.server);
  assert.equal(carbon.protobuf.tls.certificate, '');
});

test('agents, collectd and strange host names are refused with a way out', (t) => {
  const agent = installed(t, 'agent', { carbonServer: 'monitor.example.org' });
  assert.throws(() => planSecure(agent.home, agent.instance, []), /agent-token NAME/);
  const collectd = installed(t, 'all', { systemCollectd: true });
  assert.throws(() => planSecure(collectd.home, collectd.instance, []), /use the agent/);
  assert.deepEqual(readHosts('a.example.org,10.0.0.1,::1'), ['a.example.org', '10.0.0.1', '::1']);
  assert.throws(() => readHosts('a b'), /neither a host name nor an address/);
});

test('an update merges new defaults into secured files as if they were not edited', async (t) => {
  const { home, instance, text } = await secured(t, 'all');
  const base = mkdtempSync(join(tmpdir(), 'dkm-base-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const rendered = renderTemplates(templates, templateContext(instance));
  for (const { path, content } of rendered.filter(({ path }) => path.startsWith('conf/'))) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), content);
  }
  const listen = /listen: "0\.0\.0\.0:27601"/;
  const fresh = rendered.map(({ path, content }) => ({
    path,
    content: content.replace(listen, 'listen: "0.0.0.0:27601" # new'),
  }));
  const merged = mergeConfiguration({
    confDirectory: join(home, 'conf'),
    baseDirectory: join(base, 'conf'),
    rendered: fresh,
    adapt: (path, content) => secureText(instance, path, content),
  });
  const outcomes = merged.filter(({ outcome }) => outcome !== 'kept');
  assert.deepEqual(
    outcomes.map(({ path, outcome }) => [path, outcome]),
    [['conf/carbon.yml', 'replaced']],
  );
  assert.equal(outcomes[0]?.content?.replace(' # new', ''), text('conf/carbon.yml'));
});

test('a real Grafana gets token and authority from its environment', async (t) => {
  const { text } = await secured(t, 'server');
  const yaml = editYaml(
    text('conf/grafana.d/provisioning/datasources/defaultsources.yml'),
    'defaultsources.yml',
  );
  const source = ['datasources', 0];
  assert.equal(yaml.get([...source, 'url']), 'https://127.0.0.1:27602');
  assert.equal(yaml.get([...source, 'jsonData', 'httpHeaderName1']), 'Authorization');
  assert.equal(
    yaml.get([...source, 'secureJsonData', 'httpHeaderValue1']),
    '$DKUMONITOR_CARBONAPI_AUTHORIZATION',
  );
});

test('tokens are shown once, kept as hashes, revoked by name', (t) => {
  const { home, text } = installed(t, 'server');
  const token = createToken(home, 'ci', 'write', new Date(now));
  assert.match(token, /^dkm_/);
  assert.ok(!text(secretPaths.tokens).includes(token));
  assert.deepEqual(listTokens(home), [
    { name: 'ci', role: 'write', sha256: hashToken(token), created: '2026-03-01T00:00:00.000Z' },
  ]);
  assert.throws(() => createToken(home, 'ci', 'read', new Date(now)), /already/);
  assert.throws(() => createToken(home, 'a b', 'read', new Date(now)), /no name for a token/);
  revokeToken(home, 'ci');
  assert.deepEqual(listTokens(home), []);
  assert.throws(() => revokeToken(home, 'ci'), /no token called ci/);
});

test('a certificate is renewed for the same hosts by the same authority, when its end is near', async (t) => {
  const { home, text } = await secured(t, 'all');
  const before = certificateStatus(home, secretPaths.server);
  assert.ok(before !== undefined);
  assert.equal(Math.round((before.validUntilMs - now) / dayMs), 397);
  assert.equal(endsSoon(before, now), false);
  const later = now + 370 * dayMs;
  assert.equal(endsSoon(before, later), true);
  const renewed = await renewServer(home, later);
  assert.deepEqual(renewed.hosts, before.hosts);
  assert.notEqual(renewed.serial, before.serial);
  assert.equal(endsSoon(renewed, later), false);
  const server = new X509Certificate(text(secretPaths.server));
  assert.ok(server.verify(new X509Certificate(readAuthority(home).certificate).publicKey));
});

test('a join token makes an agent send inside TLS, and nothing else is accepted as one', async (t) => {
  const server = await secured(t, 'all');
  const request = { use: 'agent', name: 'web1', host: undefined, basePort: 27600 } as const;
  const token = await createJoinToken(server.home, request, now);
  assert.equal(token.host, 'monitor');
  await assert.rejects(
    createJoinToken(server.home, { ...request, host: 'other.example.org' }, now),
    /dkmadmin secure --hosts other.example.org/,
  );
  const text = encodeJoinToken(token);
  assert.deepEqual(decodeJoinToken(`${text}\n`), token);
  assert.throws(() => decodeJoinToken(text.slice(0, -40)), /no join token/);
  assert.throws(() => decodeJoinToken('nonsense'), /no join token/);

  const file = join(server.home, 'token');
  writeFileSync(file, text);
  const agent = installed(t, 'agent', { join: `@${file}` });
  assert.deepEqual(agent.instance.carbonServer, { host: 'monitor', basePort: 27600 });
  writeJoinSecrets(agent.home, readJoinToken(text));
  applyEdits(agent.home, planJoin(agent.home, token));
  const config = parseConfig(agentSchema(), agent.text('conf/agent.yml'), 'agent.yml');
  assert.deepEqual(
    config.outputs.map(({ host, port, protocol }) => ({ host, port, protocol })),
    [{ host: 'monitor', port: 27601, protocol: 'tls' }],
  );
  assert.equal(modeOf(join(agent.home, secretPaths.agentKey)), '600');
  const client = new X509Certificate(agent.text(secretPaths.agent));
  assert.match(client.subject, /CN=web1/);
  assert.ok(client.verify(new X509Certificate(server.text(secretPaths.authority)).publicKey));
});

test('a frontend joins with a read token of its own', async (t) => {
  const { home } = await secured(t, 'server');
  const request = { use: 'frontend', name: 'wall', host: undefined, basePort: 27600 } as const;
  const token = await createJoinToken(home, request, now);
  assert.deepEqual(
    listTokens(home).map(({ name, role }) => [name, role]),
    [
      ['dashboards', 'read'],
      ['wall', 'read'],
    ],
  );
  const join = encodeJoinToken(token);
  const other = installed(t, 'frontend', { join });
  writeJoinSecrets(other.home, token);
  applyEdits(other.home, planJoin(other.home, token));
  const config = parseConfig(grafanaSchema, other.text('conf/grafana.yml'), 'grafana.yml');
  assert.equal(config.carbonapi, 'https://monitor:27602');
  assert.equal(config.carbonapiCa, secretPaths.carbonapiAuthority);
  assert.equal(
    hashToken(other.text(config.carbonapiTokenFile).trim()),
    listTokens(home)[1]?.sha256,
  );
  assert.match(other.text('conf/grafana.d/provisioning/datasources/defaultsources.yml'), /https:/);
  const wrong = { directory: '/nowhere', port: '1024', hostname: 'a.b', type: 'agent', join };
  assert.throws(() => planInstallation(wrong), /this join token is for --type frontend/);
});

test('agents are listed; revoking one takes all its certificates', async (t) => {
  const { home, text } = await secured(t, 'server');
  const give = (name: string) =>
    createJoinToken(home, { use: 'agent', name, host: undefined, basePort: 27600 }, now);
  const empty = text(secretPaths.revoked);
  const [first] = [await give('web1'), await give('web1'), await give('web2')];
  assert.equal(await revokeAgent(home, 'web1', new Date(now)), 2);
  assert.notEqual(text(secretPaths.revoked), empty);
  assert.deepEqual(
    listAgents(home).map(({ name, revoked }) => [name, revoked !== undefined]),
    [
      ['web1', true],
      ['web1', true],
      ['web2', false],
    ],
  );
  assert.equal(listAgents(home)[0]?.serial, serialOf(first));
  await assert.rejects(revokeAgent(home, 'web1', new Date(now)), /no agent web1/);
});

test('options that contradict each other are refused', () => {
  const f = (options: InstallOptions, message: RegExp): void => {
    const complete = { directory: '/nowhere', port: '27600', hostname: 'a.b', ...options };
    assert.throws(() => planInstallation(complete), message);
  };
  f({ type: 'agent', secure: true }, /--join/);
  f({ type: 'all', secure: true, systemCollectd: true }, /inside TLS/);
  f({ secureHosts: 'a' }, /--secure-hosts is for --secure/);
  f({ join: 'x', carbonServer: 'a' }, /--carbon-server cannot/);
  f({ join: 'x' }, /no join token/);
  f({ join: '@/nowhere/token' }, /cannot read the join token/);
});
