/** Packing jobs side by side in worker threads, or in this thread where there is no compiled worker (tests run the sources). */
import { Worker } from 'node:worker_threads';
import { JOBS } from './pack-jobs.js';

type Jobs = typeof JOBS;
type Job = keyof Jobs;

export interface PackThreads {
  run<Name extends Job>(name: Name, ...values: Parameters<Jobs[Name]>): Promise<ReturnType<Jobs[Name]>>;
  close(): Promise<void>;
}

/** Two jobs at most have something to do at the same time. */
const MOST_THREADS = 2;
const workerUrl = new URL('./pack-worker.js', import.meta.url);

/**
 * @param count 0: everything in this thread, which it blocks
 * @param signal closes them: what they work on fails
 */
export function openPackThreads(count: number, signal?: AbortSignal): PackThreads {
  const workers = Array.from({ length: Math.min(count, MOST_THREADS) }, () => new Worker(workerUrl));
  const idle = [...workers];
  const waiting: ((worker: Worker) => void)[] = [];
  let isClosed = false;

  const acquire = (): Promise<Worker> => {
    const worker = idle.pop();
    return worker ? Promise.resolve(worker) : new Promise((resolve) => waiting.push(resolve));
  };
  const release = (worker: Worker): void => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };
  const runInWorker = async (name: Job, values: readonly unknown[]): Promise<unknown> => {
    const worker = await acquire();
    try {
      if (isClosed) throw new Error('the packing threads were closed before this job began');
      return await answerOf(worker, { name, values });
    } finally {
      release(worker);
    }
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    signal?.removeEventListener('abort', close);
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  signal?.addEventListener('abort', close);
  const runHere = async (name: Job, values: readonly unknown[]): Promise<unknown> => (JOBS[name] as (...values: readonly unknown[]) => unknown)(...values);
  const run = workers.length === 0 ? runHere : runInWorker;

  return {
    run: (name, ...values) => run(name, values) as never,
    close,
  };
}

function answerOf(worker: Worker, job: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: unknown): void => settle(() => resolve(answer));
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (): void => settle(() => reject(new Error('a packing thread ended before its job')));
    const settle = (settled: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settled();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}
