// The writing thread seen from the receiving one.
import { Worker } from 'node:worker_threads';
import { OperatingError } from '../../core/errors.ts';
import type { LogFields, Logger, LogLevel } from '../../core/log.ts';
import { workerEntry } from '../../core/worker-entry.ts';
import type { WhisperWriterOptions } from './whisper-writer.ts';
import type { BatchWriter, WriteBatchFields, WriterState } from './write-batch.ts';

export interface WorkerSettings {
  writer: WhisperWriterOptions;
  rules: { schemasFile: string; aggregationFile: string };
}

export type WorkerRequest =
  | { kind: 'write'; batch: WriteBatchFields }
  | { kind: 'reload'; newSeriesPerPrefix: number }
  | { kind: 'set-aggregation'; metric: string; id: number; method: string }
  | { kind: 'close' };

interface WorkerAnswer {
  ready?: true;
  closed?: true;
  log?: { level: LogLevel; message: string; fields?: LogFields };
  /** What became of the oldest change of a header. */
  aggregation?: { before: string } | { code: string; message: string };
  /** The oldest batch is written, its outcomes are filled in. */
  state?: WriterState;
}

export interface ThreadWriter extends BatchWriter {
  /** Reads the storage rules again and changes the budget of new series. */
  reload(newSeriesPerPrefix: number): void;
  /**
   * Changes the aggregation method in the file of a series, `id` in the cache (0: not there); resolves
   * to the method until now. Rejects with `bad-aggregation-method`, `whisper-missing` and the like.
   */
  setAggregation(metric: string, id: number, method: string): Promise<string>;
}

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

function settleChange(
  change: Waiting<string> | undefined,
  answer: NonNullable<WorkerAnswer['aggregation']>,
): void {
  if ('before' in answer) change?.resolve(answer.before);
  else change?.reject(new OperatingError(answer.code, answer.message));
}

/**
 * Starts the thread; resolves once it takes batches. Its unexpected end is a programmer error: it
 * rejects what is under way, so that the process ends and the journal brings the points back.
 */
export function startThreadWriter(settings: WorkerSettings, log: Logger): Promise<ThreadWriter> {
  const worker = new Worker(workerEntry('carbon-writer', import.meta.url, './worker.ts'), {
    workerData: settings,
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  });
  const waiting: Waiting<WriterState>[] = [];
  const changes: Waiting<string>[] = [];
  let onClosed: (() => void) | undefined;
  let failure: Error | undefined;
  const writer: ThreadWriter = {
    write: (batch) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) throw failure;
        const { series, points, nameBytes, ids, counts, nameLengths } = batch;
        const { outcomes, times, values, names } = batch;
        waiting.push({ resolve, reject });
        const fields = { series, points, nameBytes, ids, counts, nameLengths, outcomes, times };
        const request: WorkerRequest = { kind: 'write', batch: { ...fields, values, names } };
        worker.postMessage(request);
      }),
    reload: (newSeriesPerPrefix) =>
      worker.postMessage({ kind: 'reload', newSeriesPerPrefix } satisfies WorkerRequest),
    setAggregation: (metric, id, method) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) throw failure;
        changes.push({ resolve, reject });
        const request: WorkerRequest = { kind: 'set-aggregation', metric, id, method };
        worker.postMessage(request);
      }),
    close: () =>
      new Promise((resolve) => {
        onClosed = resolve;
        worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
      }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      failure ??= error;
      reject(error);
      for (const { reject: rejectOne } of [...waiting.splice(0), ...changes.splice(0)])
        rejectOne(error);
    };
    worker.on('message', (answer: WorkerAnswer) => {
      if (answer.log !== undefined) log[answer.log.level](answer.log.message, answer.log.fields);
      if (answer.ready) resolve(writer);
      if (answer.aggregation !== undefined) settleChange(changes.shift(), answer.aggregation);
      if (answer.state !== undefined) waiting.shift()?.resolve(answer.state);
    });
    worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => {
      onClosed?.();
      fail(new Error(`the writing thread has ended (code ${code})`));
    });
  });
}
