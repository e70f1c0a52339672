/** A worker thread that does packing jobs, one after the other (pack-threads.ts). */
import { parentPort } from 'node:worker_threads';
import { JOBS } from './pack-jobs.js';

parentPort!.on('message', ({ name, values }: { name: keyof typeof JOBS; values: readonly unknown[] }) => {
  parentPort!.postMessage((JOBS[name] as (...values: readonly unknown[]) => unknown)(...values));
});
