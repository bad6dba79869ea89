// The original carbonapi, written in Go, with our carbon as its only store. Debian has no package of
// it: the test wants its program named in GO_CARBONAPI.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type CarbonProcess,
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from '../carbon-process.ts';

const program = process.env['GO_CARBONAPI'] ?? '';
const skip = program === '' ? 'GO_CARBONAPI does not name a carbonapi program' : false;
const now = Math.floor(Date.now() / 10_000) * 10;

let directory = '';
let carbon: CarbonProcess | undefined;

before(async () => {
  if (skip !== false) return;
  directory = makeInstance({}, '[all]\npattern = .*\nretentions = 10s:1h\n');
  carbon = await startCarbonProcess(directory);
  const lines = ['a', 'b'].map((host, i) => `web.${host}.load ${i + 1.5} ${now}\n`).join('');
  await sendTcp(carbon.ports['tcp'] ?? 0, `${lines}disk;host=a;dc=x 7 ${now}\n`);
});

after(async () => {
  await carbon?.end('SIGKILL');
  if (directory !== '') removeInstance(directory);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startCarbonapi(protocol: string): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort();
  const file = join(directory, `carbonapi-${protocol}.yml`);
  writeFileSync(
    file,
    `listeners:
  - address: "127.0.0.1:${port}"
cache: { type: "null" }
backendCache: { type: "null" }
logger:
  - { logger: "", file: "stdout", level: "error", encoding: "console" }
notFoundStatusCode: 200
upstreams:
  graphite09compat: false
  backendsv2:
    backends:
      - groupName: "ours"
        protocol: "${protocol}"
        lbMethod: "broadcast"
        maxTries: 1
        servers: ["http://127.0.0.1:${carbon?.ports['carbonserver']}"]
`,
  );
  const child = spawn(program, ['-config', file], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('carbonapi', () =>
    fetch(`${url}/lb_check`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  return { url, child };
}

for (const protocol of ['carbonapi_v3_pb', 'carbonapi_v2_pb', 'auto']) {
  test(`the Go carbonapi reads us by ${protocol}`, { skip }, async () => {
    const { url, child } = await startCarbonapi(protocol);
    try {
      const ask = async (path: string, parameters: Record<string, string>): Promise<unknown> => {
        const response = await fetch(`${url}${path}?${new URLSearchParams(parameters)}`);
        return response.json();
      };
      const window = { from: String(now - 10), until: String(now), format: 'json' };
      const found = (await ask('/metrics/find/', { query: 'web.*' })) as { text: string }[];
      assert.deepEqual(found.map(({ text }) => text).sort(), ['a', 'b']);
      const list = (await ask('/render/', {
        target: 'sumSeries(web.{a,b}.load)',
        ...window,
      })) as { datapoints: [number | null, number][] }[];
      assert.deepEqual(list[0]?.datapoints.at(-1), [4, now]);
      const none = await ask('/render/', { target: 'no.such', ...window });
      assert.deepEqual(none, []);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });
}
