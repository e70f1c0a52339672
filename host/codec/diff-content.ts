/**
 * Runs of flash → a packed stream that copies from what the flash held before: pieces found in the old content (find-pieces.ts), branches and
 * addresses in them relocated, and only what is not as expected coded. The stub's unpack.c undoes it. Unlike a stream without copies (pack-content.ts)
 * it does not look back into flash beyond its ring: old content is gone where new content has come.
 */
import { availableParallelism } from 'node:os';
import { shortest } from './content-stream.js';
import { USUAL_MOST_SPANS, type PackOptions } from './pack-content.js';
import { openPackThreads } from './pack-threads.js';
import type { TargetRun } from './find-pieces.js';
import type { PackedContent } from './packed-content.js';
import type { Segment } from '../image/image.js';

/** What the stub has for an update besides the ring for its input. */
export interface UpdateMemory {
  /** Of the ring of what was decoded last; a power of two. */
  readonly historyBytes: number;
  /** Entries of the relocation's table for addresses in flash, and as many for others; a power of two. */
  readonly halfTheShifts: number;
}

const TRIED_PARAMETERS = 2;

/**
 * @param base runs of known old content; what is in none of them is not used
 * @param targets in the order in which they are unpacked, whole flash words each
 */
export async function diffContent(base: readonly Segment[], targets: readonly TargetRun[], memory: UpdateMemory, options: PackOptions = {}): Promise<PackedContent> {
  const threads = openPackThreads(options.threads ?? (import.meta.url.endsWith('.js') ? availableParallelism() : 0), options.signal);
  const { onProgress = () => undefined } = options;
  try {
    const stream = await threads.run('diff', base, targets, memory.halfTheShifts, options.mostSpans ?? USUAL_MOST_SPANS);
    onProgress(0.6);
    const trial = await threads.run('trialUpdate', stream, memory.historyBytes);
    onProgress(0.8);
    const packed = await Promise.all(trial.ranked.slice(0, TRIED_PARAMETERS).map((parameters) => threads.run('encode', stream, trial.matches, parameters)));
    onProgress(1);
    return shortest(packed);
  } finally {
    await threads.close();
  }
}
