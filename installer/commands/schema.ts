// `dkmadmin schema …`: which rule a metric gets, what an edit of the rules would change in existing
// files, and making it so.
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeRun,
  changeOfMetric,
  type FileChange,
  historyLoss,
  loadRules,
  planChanges,
  type StorageRules,
} from '../../bundle/carbon/rules/index.ts';
import { type StoreFiles, storeFiles, taggedNames } from '../../bundle/carbon/rules/store-files.ts';
import { codeOf, exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import { type ServiceState, stateFileOf } from '../../bundle/core/service-state.ts';
import type { Command } from '../../bundle/supervisor/command-line.ts';
import { fileBytes, formatRetentions, metricToPath } from '../../bundle/whisper/index.ts';
import { formatPlan, Plan } from './schema-plan.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
const filesPerSecondDefault = 200;

interface SchemaOptions {
  home?: string;
  json?: boolean;
  prefix?: string;
  filesPerSecond?: number;
}

interface Store extends StoreFiles {
  home: string;
  rules: StorageRules;
  /** Of a file's absolute path, for people. */
  shown(path: string): string;
}

function openStore(home: string): Store {
  const files = storeFiles(home);
  return { ...files, home, rules: loadRules(files), shown: (path) => relative(home, path) };
}

const settingsOf = (change: FileChange) => ({
  retentions: formatRetentions(change.layout.archives),
  aggregationMethod: change.layout.aggregationMethod,
  xFilesFactor: change.layout.xFilesFactor,
});

function testMetric(store: Store, metric: string, json: boolean): void {
  const rule = store.rules.ruleFor(metric);
  const path = join(store.directory, metricToPath(metric, { hashTagged: store.hashTagged }));
  const exists = existsSync(path);
  const change = changeOfMetric(store.directory, store.rules, metric, store.hashTagged);
  const bytes = fileBytes(rule.archives);
  const retentions = formatRetentions(rule.archives);
  const { aggregationMethod, xFilesFactor, schema, aggregation } = rule;
  if (json) {
    const { name, line, pattern } = schema;
    printJson({
      metric,
      schema: { name, line, pattern: pattern.source },
      aggregation: {
        name: aggregation.name,
        line: aggregation.line,
        pattern: aggregation.pattern.source,
      },
      retentions,
      aggregationMethod,
      xFilesFactor,
      path: store.shown(path),
      bytes,
      exists,
      existing: change === undefined ? null : settingsOf(change),
    });
    return;
  }
  const origin = (line: number, file: string): string =>
    line === 0 ? 'built in, no section matches' : `${store.shown(file)}, line ${line}`;
  print(`metric       ${metric}`);
  print(`schema       [${schema.name}] ${retentions} (${origin(schema.line, store.schemasFile)})`);
  const settings = `${aggregationMethod}, xFilesFactor ${xFilesFactor}`;
  print(
    `aggregation  [${aggregation.name}] ${settings} (${origin(aggregation.line, store.aggregationFile)})`,
  );
  print(`file         ${store.shown(path)}, ${bytes} bytes${exists ? '' : ', not there yet'}`);
  if (change === undefined) return;
  const has = settingsOf(change);
  print(
    `but it has   ${has.retentions} ${has.aggregationMethod}, xFilesFactor ${has.xFilesFactor}: see dkmadmin schema plan`,
  );
}

function makePlan(store: Store, prefix: string): Plan {
  const plan = new Plan();
  if (!existsSync(store.directory)) return plan;
  const options = { metricPrefix: prefix, namesByPath: taggedNames(store) };
  for (const file of planChanges(store.directory, store.rules, options)) plan.add(file);
  return plan;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

// Files that carbon makes meanwhile are to follow the edited rules too. The pid may be another
// program's by now, which the signal would end: carbon is what works in the instance directory.
function tellCarbon(pid: number, home: string): void {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(home)) return;
    process.kill(pid, 'SIGHUP');
  } catch {
    process.stderr.write('new files follow the edited rules after: dkm reload carbon\n');
  }
}

/** The process of this instance's carbon, which may have files open; undefined when none runs. */
function runningCarbon(home: string): number | undefined {
  try {
    const state = JSON.parse(
      readFileSync(join(home, stateFileOf('carbon')), 'utf8'),
    ) as Partial<ServiceState>;
    if (state.pid === undefined) return undefined;
    return isAlive(state.pid) ? state.pid : undefined;
  } catch {
    return undefined; // no state file: it never ran
  }
}

// A bar on the terminal, nothing elsewhere.
class Progress {
  readonly #total: number;
  readonly #isShown = process.stderr.isTTY === true;
  #drawnAt = 0;

  constructor(total: number) {
    this.#total = total;
  }

  show(done: number, note = ''): void {
    const now = Date.now();
    if (!this.#isShown || (now - this.#drawnAt < 100 && done < this.#total)) return;
    this.#drawnAt = now;
    const width = 30;
    const filled = this.#total === 0 ? width : Math.floor((width * done) / this.#total);
    const bar = '#'.repeat(filled).padEnd(width, '.');
    process.stderr.write(`\r[${bar}] ${done}/${this.#total} files${note}\u001b[K`);
  }

  end(): void {
    if (this.#isShown) process.stderr.write('\n');
  }
}

async function carryOverAll(run: ChangeRun, progress: Progress, done: number): Promise<void> {
  for (let due = run.dueAt(); due !== undefined; due = run.dueAt()) {
    const wait = due - Date.now();
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      progress.show(done, `, ${seconds} s until carbon has noticed the last of them`);
      await sleep(Math.min(wait, 1000));
    }
    run.carryOver(Date.now());
  }
}

interface ApplyResult {
  failed: { metric: string; reason: string }[];
  done: number;
  interrupted: boolean;
}

async function applyAll(
  run: ChangeRun,
  changes: readonly FileChange[],
  filesPerSecond: number,
): Promise<ApplyResult> {
  const result: ApplyResult = { failed: [], done: 0, interrupted: false };
  const progress = new Progress(changes.length);
  const interrupt = (): void => {
    result.interrupted = true;
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const begun = Date.now();
  try {
    for (const change of changes) {
      if (result.interrupted) break;
      try {
        run.apply(change);
      } catch (error) {
        if (codeOf(error) === 'disk-full' || codeOf(error) === 'ENOSPC') throw error;
        result.failed.push({ metric: change.metric, reason: messageOf(error) });
      }
      result.done += 1;
      progress.show(result.done);
      const ahead = (result.done / filesPerSecond) * 1000 - (Date.now() - begun);
      if (ahead > 5) await sleep(ahead);
      run.carryOver(Date.now());
      if (run.isFull) await carryOverAll(run, progress, result.done);
    }
    // What waits is safe on disk: an interrupted run leaves it to the next.
    if (!result.interrupted) await carryOverAll(run, progress, result.done);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    progress.end();
  }
  return result;
}

async function apply(store: Store, options: SchemaOptions): Promise<void> {
  const plan = makePlan(store, options.prefix ?? '');
  if (!existsSync(store.directory)) return void print('there are no files yet');
  const carbon = runningCarbon(store.home);
  if (carbon !== undefined) tellCarbon(carbon, store.home);
  const run = new ChangeRun(store.directory, carbon !== undefined);
  let result: ApplyResult;
  try {
    result = await applyAll(run, plan.changes, options.filesPerSecond ?? filesPerSecondDefault);
  } finally {
    run.close();
  }
  const { resized, headers, carriedOver } = run.counts;
  const left = plan.changes.length - result.done;
  if (options.json) {
    printJson({ resized, headers, carriedOver, failed: result.failed, left });
  } else {
    print(`${resized} files got new archives, ${headers} a new header`);
    if (carriedOver > 0) print(`${carriedOver} points that arrived meanwhile were carried over`);
    for (const { metric, reason } of result.failed) print(`failed: ${metric}: ${reason}`);
    if (result.interrupted) print(`stopped with ${left} files to go: run it again to continue`);
  }
  if (result.failed.length > 0 || result.interrupted) process.exitCode = exitCodes.failure;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new OperatingError('usage', `${JSON.stringify(text)} is not a number above 0`, {
    exitCode: exitCodes.usage,
  });
}

/**
 * Adds `schema` and its subcommands to `program`. Without --home they work on `context.home()`;
 * without a context on the directory of DKUMONITOR_HOME, or the current one.
 */
export function register(program: Command, context?: { home(): string }): void {
  const schema = program
    .command('schema')
    .description('which retention a metric gets, and bringing existing files in line with it');
  const open = (options: SchemaOptions): Store => {
    const elsewhere = context?.home() ?? process.env['DKUMONITOR_HOME'] ?? '.';
    return openStore(resolve(options.home ?? elsewhere));
  };
  const command = (name: string, description: string): Command =>
    schema
      .command(name)
      .description(description)
      .option('--home <directory>', 'the instance directory')
      .option('--json', 'print JSON');

  command('test', 'say which rules a metric gets, from which lines')
    .argument('<metric...>')
    .action((metrics: string[], options: SchemaOptions) => {
      const store = open(options);
      for (const metric of metrics) testMetric(store, metric, options.json ?? false);
      if (!options.json) for (const warning of store.rules.warnings) print(`warning: ${warning}`);
    });
  command('plan', 'say what `schema apply` would change: files, bytes, history kept and lost')
    .option('--prefix <text>', 'only metrics that start so')
    .option(
      '--files-per-second <number>',
      'for the estimate',
      positiveNumber,
      filesPerSecondDefault,
    )
    .action((options: SchemaOptions) => {
      const store = open(options);
      const plan = makePlan(store, options.prefix ?? '');
      const { warnings } = store.rules;
      const seconds = Math.ceil(plan.changes.length / (options.filesPerSecond ?? 1));
      if (options.json) printJson({ ...plan.summary(historyLoss), seconds, warnings });
      else for (const line of formatPlan(plan.summary(historyLoss), seconds, warnings)) print(line);
    });
  command('apply', 'copy, compare and replace every file that differs from its rule')
    .option('--prefix <text>', 'only metrics that start so')
    .option('--files-per-second <number>', 'at most', positiveNumber, filesPerSecondDefault)
    .action((options: SchemaOptions) => apply(open(options), options));
}
