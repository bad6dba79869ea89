import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

const main = new URL('../../bundle/grafana/main.ts', import.meta.url).pathname;

/** Stands for Grafana: says how it was started, answers the health check, ends on SIGTERM. */
const standIn = (failing: boolean): string => `#!${process.execPath}
const { createServer } = require('node:http');
const { writeFileSync } = require('node:fs');
if (${failing}) process.exit(3);
writeFileSync('seen.json', JSON.stringify({ args: process.argv.slice(2), env: process.env }));
const server = createServer((request, response) => response.end('{}'));
server.listen(Number(process.env.GF_SERVER_HTTP_PORT), process.env.GF_SERVER_HTTP_ADDR);
process.on('SIGTERM', () => { writeFileSync('ended', ''); process.exit(0); });
`;

describe('a real Grafana', () => {
  let directory: string;
  let port: number;
  const inside = (path: string): string => join(directory, path);

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dkumonitor-real-grafana-'));
    mkdirSync(inside('conf'));
    mkdirSync(inside('home/bin'), { recursive: true });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    await new Promise((done) => server.close(done));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function start(failing: boolean) {
    writeFileSync(inside('home/bin/grafana'), standIn(failing), { mode: 0o755 });
    const config = { listen: `127.0.0.1:${port}`, grafanaHome: inside('home') };
    writeFileSync(inside('conf/grafana.yml'), JSON.stringify(config));
    return spawn(process.execPath, [main], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  test('runs with our places and secrets, is ready when it answers, ends with us', async () => {
    const child = start(false);
    await new Promise<void>((ready) => {
      child.stdout.on('data', (chunk) => {
        if (/ ready /.test(String(chunk))) ready();
      });
    });
    const seen = JSON.parse(readFileSync(inside('seen.json'), 'utf8'));
    assert.deepEqual(seen.args, [
      'server',
      '--homepath',
      inside('home'),
      '--config',
      inside('conf/grafana.ini'),
    ]);
    assert.equal(seen.env.GF_PATHS_PROVISIONING, inside('conf/grafana.d/provisioning'));
    assert.equal(seen.env.DKUMONITOR_HOME, directory);
    const password = readFileSync(inside('conf/secrets/admin-password'), 'utf8').trim();
    assert.equal(seen.env.GF_SECURITY_ADMIN_PASSWORD, password);
    for (const file of ['admin-password', 'grafana-secret-key'])
      assert.equal(statSync(inside(`conf/secrets/${file}`)).mode & 0o777, 0o600);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    statSync(inside('ended'));
  });

  test('one that ends at once is an error, not a wait', async () => {
    const child = start(true);
    let output = '';
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'exit');
    assert.notEqual(code, 0);
    assert.match(output, /Grafana ended while it started/);
  });

  test('a directory without Grafana is told', async () => {
    const child = start(true);
    rmSync(inside('home/bin/grafana'));
    let output = '';
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    await once(child, 'exit');
    assert.match(output, /neither bin\/grafana nor bin\/grafana-server/);
  });
});
