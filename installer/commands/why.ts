// dkmadmin why METRIC: follows one metric from its name to its last point.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  followsRule,
  loadRules,
  parseNewSeriesRules,
  readRefused,
} from '../../bundle/carbon/rules/index.ts';
import { storeFiles } from '../../bundle/carbon/rules/store-files.ts';
import { loadConfig, z } from '../../bundle/core/config.ts';
import { exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import { askStatus } from '../../bundle/supervisor/control-client.ts';
import { readInstance, servicesOf } from '../../bundle/supervisor/instance.ts';
import { formatBytes, formatDuration } from '../../bundle/supervisor/status-table.ts';
import {
  closeWhisper,
  fetchSeries,
  formatRetentions,
  metricNameProblem,
  metricToPath,
  openWhisper,
} from '../../bundle/whisper/index.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import { askHttp } from '../doctor/ask-http.ts';
import { type Door, findDoors } from '../doctor/doors.ts';
import type { AddCommand, AdminContext } from './command.ts';

interface LastPoint {
  time: number;
  value: number;
}

interface Explanation {
  lines: string[];
  /** The sentence that answers the question. */
  verdict: string;
  found: boolean;
}

/** carbonserver's answers in JSON. */
interface RenderAnswer {
  metrics: {
    startTime: number;
    stepTime: number;
    values: number[];
    isAbsent: boolean[];
  }[];
}
interface FindAnswer {
  metrics: { matches: unknown[] }[];
}

const daySeconds = 86_400;
const limitKeys = z.looseObject({
  limits: z.looseObject({ nameBytesMax: z.number().optional() }).optional(),
  persister: z
    .looseObject({ createsPerMinute: z.number().optional(), freeBytesMin: z.number().optional() })
    .optional(),
});

const ago = (time: number, now: number): string =>
  `${new Date(time * 1000).toISOString()}, ${formatDuration(Math.max(0, now - time))} ago`;

function lastInFile(path: string, now: number): LastPoint | undefined {
  const series = fetchSeries(path, now - daySeconds, now, now);
  if (series === undefined) return undefined;
  for (let i = series.values.length - 1; i >= 0; i--) {
    const value = series.values[i] ?? Number.NaN;
    if (!Number.isNaN(value)) return { time: series.start + i * series.step, value };
  }
  return undefined;
}

/** carbonserver's answer, or undefined when it knows nothing of the kind (404). */
async function askJson<T>(server: Door, path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await askHttp(server, { method: 'GET', path })) as T;
  } catch (error) {
    if (/^HTTP 404/.test(messageOf(error))) return undefined;
    throw error;
  }
}

async function lastServed(
  server: Door,
  metric: string,
  now: number,
): Promise<LastPoint | undefined> {
  const query = `format=json&from=${now - daySeconds}&until=${now}&target=${encodeURIComponent(metric)}`;
  const answer = await askJson<RenderAnswer>(server, `/render?${query}`);
  const series = answer?.metrics[0];
  if (series === undefined) return undefined;
  const index = series.isAbsent.lastIndexOf(false);
  const value = series.values[index];
  return value === undefined
    ? undefined
    : { value, time: series.startTime + index * series.stepTime };
}

async function isIndexed(server: Door, metric: string): Promise<boolean> {
  const path = `/metrics/find?format=json&query=${encodeURIComponent(metric)}`;
  const answer = await askJson<FindAnswer>(server, path);
  return answer?.metrics.some(({ matches }) => matches.length > 0) ?? false;
}

function describeFile(
  home: string,
  path: string,
  metric: string,
  now: number,
  lines: string[],
): LastPoint | undefined {
  const rules = loadRules(storeFiles(home));
  const rule = rules.ruleFor(metric);
  lines.push(
    `rule        [${rule.schema.name}] ${formatRetentions(rule.archives)}, [${rule.aggregation.name}] ${rule.aggregationMethod}, xFilesFactor ${rule.xFilesFactor}`,
  );
  const shown = relative(home, path);
  if (!existsSync(path)) {
    lines.push(`file        ${shown} does not exist`);
    return undefined;
  }
  const { size, mtimeMs } = statSync(path);
  lines.push(
    `file        ${shown}, ${formatBytes(size)}, written ${ago(Math.floor(mtimeMs / 1000), now)}`,
  );
  const handle = openWhisper(path, { readOnly: true });
  try {
    if (!followsRule(handle.layout, rule)) {
      lines.push(
        `            it was made as ${formatRetentions(handle.layout.archives)} ${handle.layout.aggregationMethod}: dkmadmin schema apply brings it to the rule`,
      );
    }
  } finally {
    closeWhisper(handle);
  }
  const last = lastInFile(path, now);
  lines.push(
    `on disk     ${last === undefined ? 'no point within a day' : `last point ${last.value} at ${ago(last.time, now)}`}`,
  );
  return last;
}

function describeLimits(home: string): string[] {
  const path = join(home, 'conf/carbon.yml');
  const { limits, persister } = existsSync(path)
    ? loadConfig(limitKeys, path)
    : limitKeys.parse({});
  return [
    ...(limits?.nameBytesMax === undefined ? [] : [`names up to ${limits.nameBytesMax} bytes`]),
    ...(persister?.createsPerMinute ? [`${persister.createsPerMinute} new files a minute`] : []),
  ];
}

/** Why carbon does not let this name become a series, if so. */
function whyRefused(home: string, metric: string): string | undefined {
  const { newSeriesRules, refusedSeries } = storeFiles(home);
  if (existsSync(newSeriesRules)) {
    const rules = parseNewSeriesRules(readFileSync(newSeriesRules, 'utf8'), newSeriesRules);
    if (rules.verdictOn(metric) === 'deny')
      return `${relative(home, newSeriesRules)} denies new series of this name: dkmadmin metric accept ${metric}`;
  }
  const refused = readRefused(refusedSeries).series.find(({ name }) => name === metric);
  return refused === undefined
    ? undefined
    : `carbon refused it, as its prefix has begun too many new series within a day (${refused.points} points lost): dkmadmin metric accept ${metric}`;
}

async function explain(home: string, metric: string): Promise<Explanation> {
  const instance = readInstance(home);
  if (!servicesOf(instance).includes('carbon')) {
    throw new OperatingError(
      'no-carbon',
      `an installation of type ${instance.type} stores no metrics: ask on ${instance.carbonServer.host}`,
    );
  }
  const now = Math.floor(Date.now() / 1000);
  const lines = [`metric      ${metric}`];
  const wrong = metricNameProblem(metric);
  if (wrong !== undefined)
    return { lines, verdict: `carbon refuses this name: ${wrong}`, found: false };
  const doors = findDoors(home, instance);
  const receivers = Object.values(doors).filter(
    ({ name, enabled }) =>
      enabled && ['plaintext', 'pickle', 'protobuf', 'httpReceiver'].includes(name),
  );
  lines.push(
    `listeners   ${receivers.map(({ use, address }) => `${use} ${address.port}`).join(', ')}`,
  );
  const limits = describeLimits(home);
  if (limits.length > 0) lines.push(`limits      ${limits.join(', ')}`);
  const { directory, hashTagged } = storeFiles(home);
  const path = join(directory, metricToPath(metric, { hashTagged }));
  const onDisk = describeFile(home, path, metric, now, lines);

  process.chdir(home); // the control socket is found relative to it
  const carbon = (await askStatus())?.services.find(({ name }) => name === 'carbon');
  const server = doors.carbonserver;
  if (carbon?.state !== 'ready' || server === undefined || !server.enabled) {
    const state = carbon === undefined ? 'does not run' : `is ${carbon.state}`;
    return {
      lines,
      verdict: `carbon ${state}, so nothing is received or answered: dkm start`,
      found: false,
    };
  }
  const indexed = await isIndexed(server, metric);
  lines.push(`index       ${indexed ? 'carbon knows the name' : 'carbon does not know the name'}`);
  if (!indexed) {
    const refusal = existsSync(path) ? undefined : whyRefused(home, metric);
    if (refusal !== undefined) return { lines, verdict: refusal, found: false };
    const verdict = existsSync(path)
      ? 'the file is there, but carbon has not found it yet: dkm restart carbon makes it look'
      : 'no point of this name was ever accepted: is it sent to one of the listeners, and spelt so? (dkm logs carbon; refusals are counted under carbon.agents)';
    return { lines, verdict, found: false };
  }
  const served = await lastServed(server, metric, now);
  const waiting = served !== undefined && served.time > (onDisk?.time ?? 0);
  lines.push(
    `cache       ${waiting ? `holds newer points, the last ${served.value} at ${ago(served.time, now)}` : 'nothing newer than on disk'}`,
  );
  if (served === undefined) {
    return {
      lines,
      verdict:
        'the name is known, but no point came within a day: the sender has stopped, or its clock is wrong',
      found: true,
    };
  }
  return {
    lines,
    verdict: `it is received and stored; the last point is ${served.value} at ${ago(served.time, now)}`,
    found: true,
  };
}

async function why(
  context: AdminContext,
  metric: string,
  options: { json?: boolean },
): Promise<void> {
  const { lines, verdict, found } = await explain(checkInstanceDirectory(context.home()), metric);
  if (options.json === true) context.say(JSON.stringify({ metric, found, verdict, lines }));
  else for (const line of [...lines, `so          ${verdict}`]) context.say(line);
  if (!found) process.exitCode = exitCodes.failure;
}

export const addWhyCommand: AddCommand = (program, context) => {
  program
    .command('why <metric>')
    .description(
      'why a metric is there, or is not: name, listeners, rule, file, index, cache, last point',
    )
    .option('--json', 'as one line of JSON')
    .action((metric: string, options: { json?: boolean }) => why(context, metric, options));
};
