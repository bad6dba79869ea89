// dkmadmin doctor with every door of carbon open: a point through each and back.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type Installed, install } from './installed.ts';
import { type Sandbox, unpackedKit } from './instance.ts';

let sandbox: Sandbox;
let instance: Installed;

before(async () => {
  sandbox = await unpackedKit();
  instance = await install(sandbox, join(sandbox.directory, 'instance'), '-t', 'backend');
  const file = join(instance.home, 'conf/carbon.yml');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('enabled: false', 'enabled: true'));
  await instance.start();
});

after(async () => {
  await instance.stop();
  sandbox.remove();
});

test('a test point goes through every receiver and comes back', async () => {
  const { exitCode, stdout, stderr } = await instance.dkmadmin('doctor', '--json');
  assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
  for (const way of ['plaintext tcp', 'plaintext udp', 'pickle', 'protobuf', 'http']) {
    assert.match(stdout, new RegExp(`${way}, port \\d+`), way);
  }
});
