import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import Handlebars from 'handlebars';
import { parse as parseToml } from 'smol-toml';
import { parseCollectdConfig } from '../../../bundle/agent/collectd-config/parse.ts';
import { translateCollectd } from '../../../bundle/agent/collectd-config/translate.ts';
import { configSchema } from '../../../bundle/agent/config.ts';
import { parseConfig } from '../../../bundle/core/config.ts';
import { projectRoot } from '../../../bundle/develop/project.ts';

const context = {
  version: '1.0.0',
  type: 'all',
  hostname: 'db1.example.lab',
  reversedHostname: 'lab.example.db1',
  basePort: 27600,
  carbonServer: {
    host: '10.0.0.7',
    hostInUrl: '10.0.0.7',
    carbonapiHost: '10.0.0.7',
    plaintextPort: 27601,
    carbonapiPort: 27602,
  },
};

function render(name: string): string {
  const source = readFileSync(join(projectRoot, 'templates', `${name}.hbs`), 'utf8');
  return Handlebars.compile(source, { strict: true, noEscape: true })(context);
}

test('agent.yml: the schema accepts it; host, server and DSS groups are in', () => {
  const config = parseConfig(configSchema(), render('conf/agent.yml'), 'agent.yml');
  assert.equal(config.hostname, 'lab.example.db1');
  assert.equal(config.outputs[0]?.host, '10.0.0.7');
  assert.equal(config.outputs[0]?.port, 27601);
  const { processMatch } = config.plugins['processes'] as { processMatch: { name: string }[] };
  assert.deepEqual(
    processMatch.map(({ name }) => name),
    ['dss_backend', 'dss_fek', 'dss_jek'],
  );
});

test('collectd.conf: we read it without a warning about a plugin or an option', () => {
  const items = parseCollectdConfig(render('conf/collectd.conf'), 'collectd.conf').filter(
    (item) => item.key !== 'Include',
  );
  const { warnings, outputs } = translateCollectd(items);
  assert.equal(outputs.length, 1);
  assert.deepEqual(
    warnings.filter((warning) => !warning.includes('in conf/agent.yml instead')),
    [],
  );
});

const collectdReason =
  spawnSync('collectd', ['-h']).status === null ? 'collectd is not installed' : false;

test('collectd.conf: the real collectd accepts it', { skip: collectdReason }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'collectd-conf-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'conf/collectd.d'), { recursive: true });
  mkdirSync(join(directory, 'run'));
  writeFileSync(join(directory, 'conf/collectd.conf'), render('conf/collectd.conf'));
  const result = spawnSync('collectd', ['-t', '-C', 'conf/collectd.conf'], {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.equal(result.status, 0, result.stderr + result.stdout);
  assert.doesNotMatch(result.stderr + result.stdout, /error|unknown|not understood/i);
});

test('telegraf.conf is TOML that sends here', () => {
  const config = parseToml(render('conf/telegraf.conf')) as {
    outputs: { graphite: { servers: string[]; prefix: string }[] };
    inputs: Record<string, unknown>;
  };
  assert.deepEqual(config.outputs.graphite[0]?.servers, ['10.0.0.7:27601']);
  assert.equal(Object.keys(config.inputs).length, 8);
});
