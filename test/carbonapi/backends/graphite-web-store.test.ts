// Debian's graphite-web as a store: what it really answers from a Whisper file of its own, read by us.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend } from '../../../bundle/carbonapi/backends/backend.ts';
import { createBackend } from '../../../bundle/carbonapi/backends/index.ts';
import { startHttpServer } from '../../../bundle/core/http.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import { graphiteWebMissing, runGraphiteWeb } from '../../carbon/graphite-web.ts';

const options = { timeoutMs: 5000, retries: 0, connections: 2, answerBytes: 10_000_000 };

interface Recorded {
  now: number;
  answers: Record<string, { status: number; type: string; body: string }>;
}

const program = `
import base64, time, whisper
from django.conf import settings
now = int(time.time()) // 60 * 60
for name in ('b', 'c'):
    path = settings.WHISPER_DIR + '/a/' + name + '.wsp'
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whisper.create(path, [(60, 1440)], aggregationMethod='max')
    whisper.update_many(path, [(now - 120, 1.5), (now, 2.5 if name == 'b' else -7)])
def recorded(path, **parameters):
    answer = Client().get(path, parameters)
    body = b''.join(answer.streaming_content) if answer.streaming else answer.content
    return {'status': answer.status_code, 'type': answer.get('Content-Type', ''), 'body': base64.b64encode(body).decode()}
answers = {}
for format in ('msgpack', 'pickle'):
    common = {'format': format, 'local': '1'}
    answers[format + ' /render'] = recorded('/render/', target='a.*', **{'from': str(now - 180)}, until=str(now), noCache='1', **common)
    answers[format + ' /metrics/find'] = recorded('/metrics/find/', query='a.*', **common)
    answers[format + ' /metrics/index.json'] = recorded('/metrics/index.json', **common)
    answers[format + ' /info'] = recorded('/info/', target='a.b', **common)
result({'now': now, 'answers': answers})
`;

async function readsNames(backend: Backend): Promise<void> {
  const [found] = await backend.find(['a.*']);
  assert.deepEqual(found?.nodes.map(({ path }) => path).sort(), ['a.b', 'a.c']);
  assert.deepEqual((await backend.list()).sort(), ['a.b', 'a.c']);
  assert.equal(await backend.info('a.b'), undefined);
}

test('graphite-web as a store', { skip: graphiteWebMissing }, async (context) => {
  const { now, answers } = (await runGraphiteWeb({ TAGDB: "''" }, program)) as Recorded;
  let protocol: 'msgpack' | 'pickle' = 'msgpack';
  const server = await startHttpServer({
    name: 'recorded graphite-web',
    address: { host: '127.0.0.1', port: 0 },
    log: silentLogger,
    bodyBytesMax: 1000,
    route: (_method, path) => () => {
      const answer = answers[`${protocol} ${path}`];
      if (answer === undefined) return { status: 404, body: path };
      const { status, type, body } = answer;
      return { status, headers: { 'content-type': type }, body: Buffer.from(body, 'base64') };
    },
  });
  context.after(() => server.stop());
  for (const each of ['msgpack', 'pickle'] as const) {
    protocol = each;
    const url = `http://127.0.0.1:${server.address.port}`;
    const backend = createBackend([{ url, protocol }], options);
    const { series } = await backend.fetch({
      paths: ['a.*'],
      window: { start: now - 180, end: now },
    });
    assert.deepEqual(
      series.map(({ name, start, step, values }) => [name, start, step, [...values]]),
      [
        ['a.b', now - 120, 60, [1.5, Number.NaN, 2.5]],
        ['a.c', now - 120, 60, [1.5, Number.NaN, -7]],
      ],
      protocol,
    );
    await readsNames(backend);
    await backend.stop();
  }
});
