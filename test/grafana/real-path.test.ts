// The whole way with the real services: points into carbon, through carbonapi and the dashboards
// service, and what the shipped dashboards ask for.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stateFileOf } from '../../bundle/core/service-state.ts';
import { readTargets } from '../../bundle/grafana/viewer/model/dashboard.ts';
import { type BoundVariable, interpolate } from '../../bundle/grafana/viewer/model/interpolate.ts';
import { asRecords, type Json } from '../../bundle/grafana/viewer/model/json.ts';
import { resolveTargets } from '../../bundle/grafana/viewer/model/targets.ts';
import {
  parseVariableQuery,
  readVariables,
  toOptions,
} from '../../bundle/grafana/viewer/model/variables.ts';
import { coloredPixels, logInByForm, skipReason, startBrowser, waitForDrawn } from './browser.ts';
import { logIn, startInstance, type TestInstance } from './dashboard-service.ts';

const root = new URL('../../', import.meta.url).pathname;
const proxy = '/api/datasources/proxy/uid/DkuCarbonAPI';
const hosts = ['com.example.lab.db1', 'org.web1', 'single'];

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

async function until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await check()) return;
    await delay(50);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Points of the last ten minutes for some hosts, a DSS, a StatsD and carbon itself. */
function samplePoints(): string {
  const lines: string[] = [];
  const now = Math.floor(Date.now() / 10_000) * 10;
  for (let at = now - 600; at <= now; at += 10) {
    const add = (name: string, value: number): void => void lines.push(`${name} ${value} ${at}\n`);
    const wave = Math.sin(at / 100);
    hosts.forEach((host, index) => {
      const prefix = `collectd.${host}`;
      for (const cpu of [0, 1, 5]) {
        add(`${prefix}.cpu.${cpu}.percent.idle`, 60 - 10 * index + 5 * wave);
        add(`${prefix}.cpu.${cpu}.percent.user`, 40 + 10 * index - 5 * wave);
      }
      add(`${prefix}.memory.memory.free`, 2 ** 30);
      add(`${prefix}.memory.memory.used`, 2 ** 31 + 1e8 * wave);
      add(`${prefix}.memory.percent.used`, 66);
      add(`${prefix}.load.load.relative.shortterm`, 0.5);
      add(`${prefix}.df.sda1.percent_bytes.used`, 40 + index);
      for (const way of ['rx', 'tx']) add(`${prefix}.interface.eth0.if_octets.${way}`, 1000);
      for (const way of ['read', 'write']) {
        add(`${prefix}.disk.sda.disk_time.${way}`, 2);
        add(`${prefix}.disk.sda.disk_octets.${way}`, 4096);
      }
      add(`${prefix}.disk.sda.disk_io_time.weighted_io_time`, 500);
      add(`${prefix}.swap.dev_sdb.percent.used`, 1);
      for (const way of ['in', 'out']) add(`${prefix}.swap.swap_io.${way}`, 0);
      for (const state of ['running', 'sleeping']) add(`${prefix}.processes.ps_state.${state}`, 3);
    });
    add('dataiku.dss.design.backend.server.dku.collaboration.activeUsers', 5);
    add('dataiku.dss.design.collectd.cpu.0.percent.idle', 90);
    add('dataiku.dss.design.collectd.processes.dss_backend.file_handles', 321);
    add('stats.counters.shop.orders.rate', 3);
    add('stats.timers.shop.checkout.mean', 12);
    add('stats.gauges.shop.stock', 7);
  }
  return lines.join('');
}

describe('the dashboards on the real services', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dkumonitor-real-'));
  const children: ChildProcess[] = [];
  let instance: TestInstance;
  let cookie = '';

  async function startService(name: string, config: unknown): Promise<void> {
    writeFileSync(join(directory, `conf/${name}.yml`), JSON.stringify(config));
    const child = spawn(process.execPath, [join(root, 'bundle', name, 'main.ts')], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    await until(`${name} to be ready`, () => {
      assert.equal(child.exitCode, null, `${name} ended`);
      const file = join(directory, stateFileOf(name));
      return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).ready === true;
    });
  }
  const ask = async (path: string, body?: URLSearchParams): Promise<Response> =>
    fetch(`${instance.url}${proxy}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { cookie },
      body: body ?? null,
    });
  async function render(
    target: string,
  ): Promise<{ status: number; text: string; names: string[] }> {
    const answer = await ask(
      '/render',
      new URLSearchParams({
        target,
        from: '-10min',
        until: 'now',
        format: 'json',
        maxDataPoints: '500',
      }),
    );
    const text = await answer.text();
    const names = answer.ok
      ? (JSON.parse(text) as { target: string }[]).map((one) => one.target)
      : [];
    return { status: answer.status, text, names };
  }

  before(async () => {
    mkdirSync(join(directory, 'conf'));
    for (const file of ['storage-schemas.conf', 'storage-aggregation.conf'])
      cpSync(join(root, `templates/conf/${file}.hbs`), join(directory, 'conf', file));
    const [line = 0, api = 0, store = 0] = await freePorts(3);
    await startService('carbon', {
      plaintext: { listen: `127.0.0.1:${line}` },
      carbonserver: { listen: `127.0.0.1:${store}` },
    });
    await startService('carbonapi', {
      listen: `127.0.0.1:${api}`,
      backends: [`http://127.0.0.1:${store}`],
    });
    const socket = connect(line, '127.0.0.1');
    socket.end(samplePoints());
    await once(socket.resume(), 'close');
    instance = await startInstance({ carbonapi: `http://127.0.0.1:${api}`, withViewer: true });
    cookie = await logIn(instance.url);
    await until(
      'the points to be readable',
      async () => (await render('stats.gauges.shop.stock')).names.length === 1,
    );
  });
  after(async () => {
    await instance?.stop();
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
    rmSync(directory, { recursive: true, force: true });
  });

  test('hosts of any depth are found by the variable of the system dashboard', async () => {
    const answer = await ask('/metrics/expand?query=collectd.**.memory.memory.free');
    const { results } = (await answer.json()) as { results: string[] };
    const options = toOptions(results, '/^collectd\\.(.+)\\.memory\\.memory\\.free$/', 1);
    assert.deepEqual(
      options.map(({ value }) => value),
      hosts,
    );
  });

  test('every query of every shipped dashboard is understood', async () => {
    const shipped = join(root, 'bundle/grafana/dashboards');
    for (const file of readdirSync(shipped)) {
      const dashboard = JSON.parse(readFileSync(join(shipped, file), 'utf8')) as Json;
      const scope = new Map<string, BoundVariable>();
      for (const variable of readVariables(dashboard)) {
        if (variable.type === 'query') {
          const query = parseVariableQuery(variable.query, scope);
          assert.ok(query.kind === 'find' || query.kind === 'expand');
          const path = query.kind === 'find' ? 'metrics/find' : 'metrics/expand';
          assert.equal(
            (await ask(`/${path}?query=${encodeURIComponent(query.query)}`)).status,
            200,
            query.query,
          );
        }
        const first = variable.type === 'custom' ? variable.query.split(',')[0] : variable.query;
        const value =
          variable.type === 'query' ? variable.allValue || hosts.join(',') : (first ?? '');
        scope.set(variable.name, { value });
      }
      if (file === 'collectd-host.json') scope.set('host', { value: hosts[0] as string });
      for (const panel of asRecords(dashboard['panels'])) {
        for (const { target } of resolveTargets(
          readTargets(panel).map((one) => ({ ...one, hide: false })),
          scope,
        )) {
          const { status, text } = await render(target);
          assert.equal(status, 200, `${file}, ${panel['title']}: ${target}: ${text}`);
          assert.ok(!/\$\w/.test(interpolate(target, scope).replace(/\$"/g, '"')), target);
        }
      }
    }
  });

  async function panelNames(
    file: string,
    title: string,
    values: Record<string, string | string[]>,
  ): Promise<string[]> {
    const dashboard = JSON.parse(
      readFileSync(join(root, 'bundle/grafana/dashboards', file), 'utf8'),
    ) as Json;
    const panel = asRecords(dashboard['panels']).find((one) => one['title'] === title) as Json;
    const scope = new Map(Object.entries(values).map(([name, value]) => [name, { value }]));
    const found: string[] = [];
    for (const { target } of resolveTargets(readTargets(panel), scope))
      found.push(...(await render(target)).names);
    return found.sort();
  }

  test('one line a host, named by the host: all of them, some of them, one', async () => {
    const names = (host: string | string[]) =>
      panelNames('collectd-system.json', 'Average CPU usage', { prefix: 'collectd', host });
    assert.deepEqual(await names('**'), hosts);
    assert.deepEqual(await names(hosts.slice(0, 2)), hosts.slice(0, 2));
    assert.deepEqual(await names('single'), ['single']);
    const disks = await panelNames('collectd-system.json', 'Disk latency', {
      prefix: 'collectd',
      host: '**',
    });
    assert.ok(
      disks.includes('com.example.lab.db1 sda read') && disks.includes('single sda write'),
      String(disks),
    );
  });

  test('DSS under its recommended prefix and the old one', async () => {
    const names = (prefix: string) =>
      panelNames('dss-backend.json', 'Backend open files', { prefix, host: '*' });
    assert.deepEqual(await names('dataiku.dss'), ['design']);
    assert.deepEqual(await names('dss'), []);
    assert.deepEqual(
      await panelNames('dss-system.json', 'Average CPU usage', {
        prefix: 'dataiku.dss',
        host: '*',
      }),
      ['design'],
    );
  });

  test('the CPU of a host is the mean of all its CPUs, also those above 2', async () => {
    const answer = await ask(
      '/render',
      new URLSearchParams({
        target:
          'aliasSub(groupByNodes(aliasSub(offset(scale(collectd.single.cpu.*.percent.idle, -1), 100), "^.*?collectd\\.(.+?)\\.cpu\\..*$", "\\1"), "average", 0, 1), "\\.+$", "")',
        from: '-5min',
        format: 'json',
      }),
    );
    const [series] = (await answer.json()) as {
      target: string;
      datapoints: [number | null, number][];
    }[];
    const value = series?.datapoints.map(([one]) => one).find((one) => one !== null) ?? 0;
    assert.ok(value > 54 && value < 66, String(value));
  });

  test('a line is really drawn in the CPU panel', { skip: skipReason }, async () => {
    const browser = await startBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
      await logInByForm(page, instance.url, 'd/collectd?from=now-15m&to=now');
      await waitForDrawn(page, 'Average CPU usage');
      assert.ok((await coloredPixels(page, 'Average CPU usage')) > 300);
    } finally {
      await browser.close();
    }
  });
});
