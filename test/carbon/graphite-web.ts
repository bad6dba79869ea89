// Debian's graphite-web as a client of ours: its own code with its own settings in a temporary
// directory, driven by Django's test client.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Why tests with graphite-web are skipped, or false. */
export const graphiteWebMissing: string | false = existsSync(
  '/usr/lib/python3/dist-packages/graphite/carbonlink.py',
)
  ? false
  : "Debian's graphite-web is not installed";

const prologue = `
import json, os, sys, warnings
warnings.simplefilter('ignore')
os.environ['DJANGO_SETTINGS_MODULE'] = 'graphite.settings'
os.environ['GRAPHITE_SETTINGS_MODULE'] = 'our_settings'
sys.path.insert(0, sys.argv[1])
import django
django.setup()
from django.core.management import call_command
call_command('migrate', run_syncdb=True, verbosity=0)
from django.test import Client
def get(path, **parameters):
    answer = Client().get(path, parameters)
    body = answer.content.decode('utf-8')
    return json.loads(body) if answer.status_code == 200 else [answer.status_code, body[-2000:]]
def result(value):
    print('RESULT ' + json.dumps(value))
`;

/** Runs a Python program, which has \`get(path, **parameters)\` and \`result(value)\`; answers the result. */
export async function runGraphiteWeb(
  settings: Record<string, string>,
  program: string,
): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), 'graphite-web-'));
  try {
    await mkdir(join(directory, 'log'));
    await mkdir(join(directory, 'whisper'));
    const lines = Object.entries({
      SECRET_KEY: "'for this test only'",
      ALLOWED_HOSTS: "['*']",
      STORAGE_DIR: JSON.stringify(directory),
      LOG_DIR: JSON.stringify(join(directory, 'log')),
      WHISPER_DIR: JSON.stringify(join(directory, 'whisper')),
      STATIC_ROOT: JSON.stringify(directory),
      DEFAULT_CACHE_DURATION: '0',
      FIND_CACHE_DURATION: '0',
      REMOTE_RETRY_DELAY: '0',
      MAX_FETCH_RETRIES: '1',
      TIME_ZONE: "'UTC'",
      ...settings,
    }).map(([key, value]) => `${key} = ${value}\n`);
    await writeFile(join(directory, 'our_settings.py'), lines.join(''));
    const { stdout } = await promisify(execFile)(
      '/usr/bin/python3',
      ['-c', prologue + program, directory],
      { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 },
    );
    const line = stdout.split('\n').find((text) => text.startsWith('RESULT '));
    if (line === undefined) throw new Error(`no result from graphite-web: ${stdout}`);
    return JSON.parse(line.slice('RESULT '.length));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
