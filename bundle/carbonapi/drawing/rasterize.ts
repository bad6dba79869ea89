// SVG to PNG in a thread of its own, started when first needed and ended when idle: rasterising takes
// long, and the library takes memory that most installations never need.
import { Worker } from 'node:worker_threads';
import { OperatingError } from '../../core/errors.ts';
import { workerEntry } from '../../core/worker-entry.ts';

const idleMs = 60_000;
const waitingMax = 50;

interface Job {
  resolve(png: Uint8Array): void;
  reject(error: Error): void;
}

export type RasterizeAnswer =
  | { id: number; png: Uint8Array; error?: undefined }
  | { id: number; error: string };

export interface Rasterizer {
  /** The PNG of a complete SVG document. */
  png(svg: string): Promise<Uint8Array>;
  stop(): Promise<void>;
}

export function createRasterizer(): Rasterizer {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let nextId = 0;
  const jobs = new Map<number, Job>();

  const end = (error: Error): void => {
    worker = undefined;
    for (const { reject } of jobs.values()) reject(error);
    jobs.clear();
  };
  const stop = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = worker;
    end(new OperatingError('cancelled', 'the service is stopping'));
    await ending?.terminate();
  };
  const start = (): Worker => {
    const entry = workerEntry('carbonapi-png', import.meta.url, './png-worker.ts');
    const started = new Worker(entry);
    started.unref();
    started.on('message', (answer: RasterizeAnswer) => {
      const job = jobs.get(answer.id);
      jobs.delete(answer.id);
      if (answer.error === undefined) job?.resolve(answer.png);
      else job?.reject(new Error(`cannot make a PNG: ${answer.error}`));
      if (jobs.size === 0) idle = setTimeout(() => void stop(), idleMs).unref();
    });
    started.on('error', (error) => {
      if (worker === started) end(error instanceof Error ? error : new Error(String(error)));
    });
    return started;
  };

  return {
    stop,
    png: (svg) => {
      if (jobs.size >= waitingMax)
        throw new OperatingError(
          'too-busy',
          `${jobs.size} images wait to be drawn; try again later`,
        );
      clearTimeout(idle);
      worker ??= start();
      const id = nextId++;
      const answer = new Promise<Uint8Array>((resolve, reject) =>
        jobs.set(id, { resolve, reject }),
      );
      worker.postMessage({ id, svg });
      return answer;
    },
  };
}
