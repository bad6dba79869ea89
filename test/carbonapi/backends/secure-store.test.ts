// A store behind HTTPS: trusted by the authorities of this process, as NODE_EXTRA_CA_CERTS adds them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createBackend } from '../../../bundle/carbonapi/backends/index.ts';
import { createAuthority, signIdentity } from '../../../installer/tls/certificates.ts';
import { startFakeStore } from './fake-store.ts';

const now = 1_763_650_800;
const options = { timeoutMs: 5000, retries: 0, connections: 2, answerBytes: 10_000_000 };

test('a store behind HTTPS answers those who trust it, by name and by address', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-secure-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const authority = await createAuthority('test authority', Date.now());
  const identity = await signIdentity(
    authority,
    { name: 'store', use: 'server', hosts: ['localhost', '127.0.0.1'], days: 30 },
    Date.now(),
  );
  const files = { certificate: join(directory, 'a.pem'), key: join(directory, 'a-key.pem') };
  writeFileSync(files.certificate, identity.certificate);
  writeFileSync(files.key, identity.key);
  const store = await startFakeStore(() => now, { ...files, clientCa: '' });
  context.after(() => store.stop());
  const points = Array.from({ length: 20_000 }, (_, i): [number, number] => [now - i * 60, i]);
  store.backend.add('a.b', [{ step: 60, points: 20_000 }], points);
  const window = { start: now - 19_000 * 60, end: now };
  const fetchFrom = async (url: string): Promise<number | undefined> => {
    const backend = createBackend([{ url, protocol: 'carbonapi_v3_pb' }], options);
    try {
      const { series } = await backend.fetch({ paths: ['a.*'], window });
      return series[0]?.values.at(-100);
    } finally {
      await backend.stop();
    }
  };
  await assert.rejects(fetchFrom(store.url), /does not answer: .*(verify|self-signed)/);
  const trusted = getCACertificates('default');
  context.after(() => setDefaultCACertificates(trusted));
  setDefaultCACertificates([...trusted, authority.certificate]);
  assert.equal(await fetchFrom(store.url), 99);
  assert.equal(await fetchFrom(store.url.replace('127.0.0.1', 'localhost')), 99);
});
