import assert from 'node:assert/strict';
import test from 'node:test';
import { configSchema } from '../../bundle/agent/config.ts';
import { testCollectors } from '../../bundle/agent/test-command.ts';
import { OperatingError } from '../../bundle/core/errors.ts';

const linuxReason = process.platform === 'linux' ? false : 'the collectors read /proc';

async function run(names: string[], options: Record<string, unknown> = {}): Promise<string> {
  let text = '';
  await testCollectors(names, configSchema().parse({ hostname: 'h', ...options }), (more) => {
    text += more;
  });
  return text;
}

test('prints what would be sent, rates too', { skip: linuxReason }, async () => {
  const text = await run(['load', 'contextswitch']);
  assert.match(text, /^collectd\.h\.load\.load\.relative\.shortterm [\d.]+ \d+$/m);
  assert.match(text, /^collectd\.h\.contextswitch\.contextswitch [\d.]+ \d+$/m);
  assert.match(text, /^# 4 points in all; nothing was sent$/m);
});

test('a collector that fails says why', { skip: linuxReason }, async () => {
  assert.match(await run(['zfs_arc', 'uptime']), /failed: cannot read|cache_size/);
});

test('an unknown collector is refused with the nearest one', async () => {
  await assert.rejects(run(['memori']), (error: Error) => {
    assert.ok(error instanceof OperatingError);
    assert.match(error.message, /did you mean "memory"/);
    return true;
  });
});
