/**
 * Runs of flash → the shortest packed form that we find: filters by estimate and trial, parameters by rank, the best two of them tried in full.
 * What comes out is a directory and the filtered content as one raw LZMA1 stream (DESIGN.md); the stub's unpack.c undoes it.
 */
import { availableParallelism } from 'node:os';
import { blockCount, confirmFilters } from './choose-filters.js';
import { joinRuns } from './filters.js';
import { shortest, type ContentStream } from './content-stream.js';
import { streamOf, type FilteredContent, type Trial } from './pack-jobs.js';
import { openPackThreads, type PackThreads } from './pack-threads.js';
import type { PackedContent } from './packed-content.js';
import { BRANCHES } from './pieces.js';
import type { Segment } from '../image/image.js';

export interface PackOptions {
  /** Worker threads; 0: everything in the calling thread, which it blocks. @default the machine's cores, at most 2 */
  readonly threads?: number;
  /** Spans for which the stub has memory. @default 340 (stub/script.c) */
  readonly mostSpans?: number;
  /** Told what share of the work is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Ends the threads at once; the packing then fails. */
  readonly signal?: AbortSignal;
}

/** A small image is packed sooner than a thread has started. */
const WORTH_A_THREAD_BYTES = 64 * 1024;
/** How many of the ranked parameters are tried in full. */
const TRIED_PARAMETERS = 2;
export const USUAL_MOST_SPANS = 340;

/** @param runs whole flash words each, at least one; may be in any order of addresses */
export async function packContent(runs: readonly Segment[], options: PackOptions = {}): Promise<PackedContent> {
  const content = joinRuns(runs);
  const threads = openPackThreads(content.length < WORTH_A_THREAD_BYTES ? 0 : (options.threads ?? defaultThreads()), options.signal);
  const { onProgress = () => undefined } = options;
  try {
    const { stream, trial, trialStream } = await chooseFilters(content, runs, threads, options.mostSpans ?? USUAL_MOST_SPANS);
    onProgress(0.5);
    const [matches, ranked] = await Promise.all([
      stream === trialStream ? trial.matches : threads.run('matches', stream),
      threads.run('rank', trialStream, trial.packets),
    ]);
    onProgress(0.75);
    const packed = await Promise.all(ranked.slice(0, TRIED_PARAMETERS).map((parameters) => threads.run('encode', stream, matches, parameters)));
    onProgress(1);
    return shortest(packed);
  } finally {
    await threads.close();
  }
}

/** Compiled, a worker can be started from this folder; the sources themselves cannot run in one. */
function defaultThreads(): number {
  return import.meta.url.endsWith('.js') ? availableParallelism() : 0;
}

interface ChosenFilters {
  readonly stream: ContentStream;
  /** The trial whose packets tell most about the stream, and the stream that it packed. */
  readonly trial: Trial;
  readonly trialStream: ContentStream;
}

async function chooseFilters(content: Uint8Array, runs: readonly Segment[], threads: PackThreads, mostSpans: number): Promise<ChosenFilters> {
  const plain: FilteredContent = { content, runs, filters: new Uint8Array(blockCount(content.length)).fill(BRANCHES) };
  const tryProposed = async (): Promise<{ proposed: FilteredContent; withFilters?: Trial }> => {
    const proposed: FilteredContent = { content, runs, filters: await threads.run('propose', content, runs) };
    const isProposed = proposed.filters.some((filter) => filter !== BRANCHES);
    return { proposed, ...(isProposed && { withFilters: await threads.run('trial', proposed) }) };
  };
  const [without, { proposed, withFilters }] = await Promise.all([threads.run('trial', plain), tryProposed()]);
  const plainStream = streamOf(plain);
  const unfiltered = { stream: plainStream, trial: without, trialStream: plainStream };
  if (withFilters === undefined) return unfiltered;
  const filters = confirmFilters(proposed.filters, { without: without.costs, with: withFilters.costs });
  const [nearest, trial] = filters.some((filter) => filter !== BRANCHES) ? [proposed, withFilters] : [plain, without];
  const trialStream = streamOf(nearest);
  const isSame = filters.every((filter, block) => filter === nearest.filters[block]);
  const stream = isSame ? trialStream : streamOf({ content, runs, filters });
  return stream.spanCount <= mostSpans ? { stream, trial, trialStream } : unfiltered;
}
