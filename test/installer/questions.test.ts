// The installer on a terminal, which the program `script` provides.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freeBasePort } from './free-base-port.ts';
import { type KitForTests, makeKit, rootFlag } from './kit-for-tests.ts';

const skip = spawnSync('script', ['--version']).status === 0 ? false : 'needs script (util-linux)';

let kit: KitForTests;
before(async () => {
  kit = await makeKit();
});
after(() => kit.remove());

/** Types each answer once its question is on the screen. */
function dialogue(
  answers: readonly (readonly [question: string, keys: string])[],
): Promise<string> {
  const command = [join(kit.root, 'installer'), ...rootFlag].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let screen = '';
  let seen = 0;
  let next = 0;
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
      const [question, keys] = answers[next] ?? [];
      if (question === undefined || keys === undefined) return;
      const at = screen.indexOf(question, seen);
      if (at < 0) return;
      seen = at + question.length;
      next += 1;
      child.stdin.write(keys);
    });
    child.once('close', () => resolve(screen));
  });
}

describe('asked on a terminal', { skip }, () => {
  const clear = '\u0015';

  test('directory, port and type, then a summary', async () => {
    const screen = await dialogue([
      ['Directory of the instance', `${clear}${kit.place}\r`],
      ['Base port', `${clear}${await freeBasePort()}\r`],
      ['What shall run here?', '\r'],
      ['Install type server', 'y\r'],
    ]);
    assert.match(screen, /type server: carbon, carbonapi, grafana/);
    assert.ok(existsSync(join(kit.place, 'conf/instance.json')));
  });

  test('Ctrl-C leaves nothing and no stack trace', async () => {
    const screen = await dialogue([['Directory of the instance', '\u0003']]);
    assert.match(screen, /cancelled, nothing was changed/);
    assert.ok(!/ {4}at /.test(screen));
  });
});
