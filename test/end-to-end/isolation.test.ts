// The whole life of an instance in a network of its own, where every packet that leaves the machine is
// recorded: none does. Alone there, each type of installation also shows which ports it opens.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { InstallType } from '../../bundle/services.ts';
import { type Installed, instanceIn } from './installed.ts';
import { eventually, type Sandbox, unlessRootWith, unpackedKit } from './instance.ts';

const base = 27_600;

// One end of a cable that nobody answers at, with a default route through it for both protocols.
const setUp = `
  ip link set lo up
  ip link add out type veth peer name far
  ip addr add 198.51.100.2/24 dev out
  ip link set far up
  ip link set out up
  ip route add default via 198.51.100.1 dev out
  ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev out
  ip -6 addr add 2001:db8::2/64 dev out nodad &&
    ip -6 route add default via 2001:db8::1 dev out &&
    ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev out
  exec sleep 3600`;

interface Network {
  /** A process inside. */
  pid: number;
  /** Every packet that was sent to the outside, one a line. */
  sent(): string[];
  remove(): void;
}

async function lonelyNetwork(): Promise<Network> {
  const inside = spawn('unshare', ['-n', 'sh', '-c', setUp], { stdio: 'ignore' });
  const pid = inside.pid ?? 0;
  const enter = ['-t', String(pid), '-n'];
  await eventually('the network', 10_000, async () => {
    const { stdout } = await execa('nsenter', [...enter, 'ip', 'route'], { reject: false });
    return stdout.includes('default') && pid !== process.pid ? true : undefined;
  });
  let seen = '';
  // What the kernel says by itself to neighbours and routers is ARP, ICMPv6 and MLD (hop by hop).
  const words = [
    'tcpdump',
    '-n',
    '-l',
    '-i',
    'far',
    'not icmp6 and not arp and not (ip6 and ip6[6] == 0)',
  ];
  const capture: ChildProcess = spawn('nsenter', [...enter, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  capture.stdout?.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  await once(capture.stderr as NodeJS.EventEmitter, 'data');
  return {
    pid,
    sent: () => seen.split('\n').filter((line) => line !== ''),
    remove: () => {
      capture.kill();
      inside.kill();
    },
  };
}

/** What listens in the network of `pid`, e.g. `udp 0.0.0.0 27601`. */
function listeners(pid: number): string[] {
  const of = (file: string, state: string): string[] =>
    readFileSync(`/proc/${pid}/net/${file}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === state)
      .map((fields) => {
        const [address = '', port = ''] = (fields[1] ?? '').split(':');
        const where = /^0+$/.test(address) ? 'everywhere' : 'this machine';
        return `${file.slice(0, 3)} ${Number.parseInt(port, 16)} ${where}`;
      });
  return [...of('tcp', '0A'), ...of('tcp6', '0A'), ...of('udp', '07'), ...of('udp6', '07')].sort();
}

describe('in a network without an outside', {
  skip: unlessRootWith('unshare', 'nsenter', 'setpriv', 'ip', 'tcpdump'),
}, () => {
  let network: Network;
  let sandbox: Sandbox;
  before(async () => {
    network = await lonelyNetwork();
    sandbox = await unpackedKit({ networkOf: network.pid });
  });
  after(() => {
    network.remove();
    sandbox.remove();
  });

  async function install(type: InstallType, ...words: string[]): Promise<Installed> {
    const home = join(sandbox.directory, type);
    const all = ['-d', home, '-p', String(base), '-t', type, ...words];
    const { exitCode, stderr } = await sandbox.run(join(sandbox.kit, 'installer'), all);
    assert.equal(exitCode, 0, stderr);
    return instanceIn(sandbox, home, base);
  }

  /** Asks for a page from inside; its status and its text. */
  async function page(path: string): Promise<string> {
    const script = `const answer = await fetch('http://127.0.0.1:${base}${path}');
      console.log(answer.status, await answer.text());`;
    const node = join(sandbox.kit, 'runtime/node');
    const { stdout, stderr } = await sandbox.run(node, ['--input-type=module', '-e', script]);
    return stdout + stderr;
  }

  const onlyCarbon = [
    `tcp ${base + 1} everywhere`,
    `tcp ${base + 2} everywhere`,
    `tcp ${base + 3} this machine`,
    `udp ${base + 1} everywhere`,
  ];
  const dashboards = `tcp ${base} everywhere`;
  const expected: Record<InstallType, { services: string[]; ports: string[] }> = {
    all: {
      services: ['carbon', 'carbonapi', 'agent', 'grafana'],
      ports: [dashboards, ...onlyCarbon],
    },
    server: { services: ['carbon', 'carbonapi', 'grafana'], ports: [dashboards, ...onlyCarbon] },
    backend: { services: ['carbon', 'carbonapi'], ports: onlyCarbon },
    'backend-agent': { services: ['carbon', 'carbonapi', 'agent'], ports: onlyCarbon },
    frontend: { services: ['grafana'], ports: [dashboards] },
    agent: { services: ['agent'], ports: [] },
  };

  for (const type of Object.keys(expected) as InstallType[]) {
    test(`type ${type}: exactly its services and its ports`, async () => {
      const far = type === 'agent' || type === 'frontend' ? ['--carbon-server', '127.0.0.1'] : [];
      const instance = await install(type, '--hostname', 'web1.example.org', ...far);
      await instance.start();
      assert.deepEqual(
        (await instance.services()).map(({ name, state }) => `${name} ${state}`),
        expected[type].services.map((name) => `${name} ready`),
      );
      assert.deepEqual(listeners(network.pid), expected[type].ports);
      await instance.stop();
      assert.deepEqual(listeners(network.pid), []);
      assert.deepEqual(network.sent(), []);
    });
  }

  test('20 s of life, a page, an update, a stop: not one packet', async () => {
    const instance = instanceIn(sandbox, join(sandbox.directory, 'all'), base);
    await instance.start();
    const login = await page('/login');
    assert.match(login, /^200 .*<html/is);
    // Everything the page names is on this machine.
    assert.deepEqual(login.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g) ?? [], []);
    await delay(20_000);
    const doctor = await instance.dkmadmin('doctor');
    assert.equal(doctor.exitCode, 0, doctor.stdout);
    const update = await sandbox.run(join(sandbox.kit, 'installer'), ['-u', '-d', instance.home]);
    assert.equal(update.exitCode, 0, update.stderr);
    const restart = await instance.dkm('restart');
    assert.equal(restart.exitCode, 0, restart.stderr);
    await instance.stop();
    assert.deepEqual(network.sent(), []);
  });

  test('the record is not empty because nothing is recorded', async () => {
    const script = `const socket = require('node:dgram').createSocket('udp4');
      socket.send('x', 53, '203.0.113.1', () => socket.close());`;
    await sandbox.run(join(sandbox.kit, 'runtime/node'), ['-e', script]);
    await eventually('the packet', 10_000, () =>
      network.sent().some((line) => line.includes('> 203.0.113.1.53')) ? true : undefined,
    );
  });
});
