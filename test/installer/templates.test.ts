// Every template renders, for every type and kind of address, and the services accept the result.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../bundle/core/config.ts';
import { entryFiles, installTypes, serviceNames } from '../../bundle/services.ts';
import { supervisorSchema } from '../../bundle/supervisor/config.ts';
import {
  type InstallOptions,
  planInstallation,
  templateContext,
} from '../../installer/install-plan.ts';
import { type RenderedFile, renderTemplates } from '../../installer/render-templates.ts';

const source = resolve(import.meta.dirname, '../..');

function render(options: InstallOptions): RenderedFile[] {
  const plan = planInstallation({
    directory: '/nowhere',
    port: '27600',
    hostname: 'a.b.c',
    ...options,
  });
  return renderTemplates(join(source, 'templates'), templateContext(plan.instance));
}
const contentOf = (files: RenderedFile[], path: string): string =>
  files.find((file) => file.path === path)?.content ?? assert.fail(`${path} is rendered`);

test('every type renders', () => {
  for (const type of installTypes) assert.ok(render({ type }).length > 10);
});

for (const [what, options] of [
  ['the defaults', { type: 'all' }],
  ['IPv6 addresses', { type: 'all', bind: '::1' }],
  ['a remote server with an IPv6 address', { type: 'agent', carbonServer: '[2001:db8::7]:25000' }],
  ['a real Grafana', { type: 'server', grafana: '/opt/my grafana' }],
  ['a collectd', { type: 'all', systemCollectd: true }],
] as const) {
  test(`the services accept their files with ${what}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'dkm-templates-'));
    try {
      for (const { path, content } of render(options)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        writeFileSync(join(directory, path), content);
      }
      loadConfig(supervisorSchema, join(directory, 'conf/supervisor.yml'));
      for (const service of serviceNames) {
        const entry = join(source, entryFiles[service] ?? '');
        execFileSync(process.execPath, [entry, '--check-config'], {
          cwd: directory,
          stdio: 'pipe',
        });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test('addresses stand in each file as it needs them', () => {
  const remote = render({ type: 'agent', carbonServer: '[2001:db8::7]:25000' });
  assert.match(contentOf(remote, 'conf/agent.yml'), /host: '2001:db8::7'/);
  assert.match(contentOf(remote, 'conf/telegraf.conf'), /"\[2001:db8::7\]:25001"/);
  const own = render({ type: 'all', carbonListen: '10.0.0.5', carbonapiListen: '::' });
  assert.match(contentOf(own, 'conf/agent.yml'), /host: '10\.0\.0\.5'/);
  assert.match(contentOf(own, 'conf/grafana.yml'), /carbonapi: "http:\/\/\[::1\]:27602"/);
  assert.match(contentOf(own, 'conf/supervisor.yml'), /tcp:\/\/10\.0\.0\.5:27601/);
  assert.match(
    contentOf(render({ type: 'server', grafana: '/opt/my grafana' }), 'conf/grafana.yml'),
    /^grafanaHome: "\/opt\/my grafana"$/m,
  );
  assert.match(contentOf(render({ type: 'agent' }), 'conf/agent.yml'), /hostname: '?c\.b\.a/);
  assert.match(
    contentOf(render({ type: 'agent', hostnameRaw: true }), 'conf/agent.yml'),
    /hostname: '?a\.b\.c/,
  );
});
