// Entry of the writing thread: takes batches, writes them, sends them back.
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf, messageOf } from '../../core/errors.ts';
import type { LogFields, Logger, LogLevel } from '../../core/log.ts';
import { collectStartGarbage } from '../../core/start-garbage.ts';
import { loadRules } from '../rules/index.ts';
import type { WorkerRequest, WorkerSettings } from './thread-writer.ts';
import { WhisperWriter } from './whisper-writer.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const settings = workerData as WorkerSettings;
// The receiving thread has the log file.
const say = (level: LogLevel) => (message: string, fields?: LogFields) =>
  port.postMessage({ log: { level, message, fields } });
const log: Logger = {
  debug: say('debug'),
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
  setLevel: () => {},
};
const writer = new WhisperWriter(settings.writer, loadRules(settings.rules), log);

function changeAggregation({ metric, id, method }: WorkerRequest & { kind: 'set-aggregation' }) {
  try {
    return { before: writer.setAggregation(metric, id, method) };
  } catch (error) {
    return { code: codeOf(error) ?? 'failed', message: messageOf(error) };
  }
}

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'close') {
    writer.close();
    port.postMessage({ closed: true });
    port.close();
  } else if (request.kind === 'reload') {
    writer.configure(request.newSeriesPerPrefix);
    writer.rules = loadRules(settings.rules);
  } else if (request.kind === 'set-aggregation') {
    port.postMessage({ aggregation: changeAggregation(request) });
  } else {
    writer.write(request.batch);
    port.postMessage({ state: writer.state });
  }
});
port.postMessage({ ready: true });

collectStartGarbage();
