// Runs Graphite's recorded answers against the API on a store in memory, without carbon:
//   DKM_CONFORMANCE=<suite directory> node test/carbonapi/conformance.ts [--only REGEX] [--cases DIR] …
// Every option goes to the suite's run.mjs. Exit status: that of the runner; 0 when no suite is given.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startTestApi } from './test-api.ts';

interface Dataset {
  series: { name: string; step: number }[];
  storage: { schemas: { pattern: string; retentions: string }[] };
}
interface Runner {
  baseFor(dataset: Dataset): number;
  expandSeries(series: unknown): [number, number | null][];
}

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, y: 31_536_000 };

function archivesOf(retentions: string) {
  return retentions.split(',').map((retention) => {
    const [step, span] = retention.split(':').map((text) => {
      const [, count, unit = 's'] = /^(\d+)([smhdy]?)$/.exec(text.trim()) ?? [];
      return Number(count) * (unitSeconds[unit] ?? 1);
    });
    return { step: step ?? 60, points: (span ?? 0) / (step ?? 60) };
  });
}

async function main(suite: string, options: string[]): Promise<number> {
  const runner: Runner = await import(pathToFileURL(join(suite, 'run.mjs')).href);
  const dataset: Dataset = JSON.parse(readFileSync(join(suite, 'dataset.json'), 'utf8'));
  const base = runner.baseFor(dataset);
  const api = await startTestApi();
  for (const series of dataset.series) {
    const schema = dataset.storage.schemas.find(({ pattern }) =>
      new RegExp(pattern).test(series.name),
    );
    const points = runner
      .expandSeries(series)
      .flatMap(([offset, value]): [number, number][] =>
        value === null ? [] : [[base + offset, value]],
      );
    api.backend.add(series.name, archivesOf(schema?.retentions ?? '60s:30d'), points);
  }
  const fixed = ['--no-load', '--wait', '0', '--base', String(base), '--api', api.url];
  const child = spawn(process.execPath, [join(suite, 'run.mjs'), ...fixed, ...options], {
    cwd: suite,
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  await api.stop();
  return code ?? 2;
}

const suite = process.env['DKM_CONFORMANCE'];
if (suite === undefined) console.log('skipped: DKM_CONFORMANCE names no suite directory');
else process.exitCode = await main(resolve(suite), process.argv.slice(2));
