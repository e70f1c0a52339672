/** Plan → flash, proven: streams it to the stub and compares the digests that the stub read from the flash itself. */
import { StageFlashError, hex32 } from '../errors.js';
import type { JobEvents } from '../job-events.js';
import type { Plan } from '../plan/plan.js';
import { proofRanges, proofRuns, type ProofRange } from '../plan/stream.js';
import { askDigests } from './ask-digests.js';
import { runStream } from './run-stream.js';
import type { Progress, StubSession } from './stub-session.js';

/** Reading 2 MiB of flash with the slowest wait states, and the last flash words of both banks. */
const PROOF_MS = 2000;

export interface Executed {
  /** Bytes of the stream: what is left of the image after skipping. */
  readonly streamBytes: number;
  /** Bytes of the stream that had to be sent again. */
  readonly repeatedBytes: number;
}

export interface Execution {
  readonly events: JobEvents;
  readonly signal?: AbortSignal | undefined;
  /** So much of the stream has been sent already. */
  readonly begunBytes?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** How far the stream may be sent when so much of it is executed. */
  readonly mayReach?: (executedBytes: number) => number;
}

/**
 * @param stream the plan's, see planStream
 * @throws StageFlashError kind `verify` when what the flash holds is not what was planned
 */
export async function executePlan(session: StubSession, plan: Plan, stream: Uint8Array, { events, signal, begunBytes = 0, onProgress, mayReach }: Execution): Promise<Executed> {
  const ranges = proofRuns(plan);
  events.phase(stream.length > 0 ? 'stream' : 'prove', stream.length > 0 ? 'Erasing and writing' : 'Nothing to write; proving what is there');
  let isProving = stream.length === 0;
  const outcome = await runStream({
    session, stream, ranges, signal, begunBytes, mayReach, digestWorkMs: PROOF_MS,
    onProgress: (progress) => {
      onProgress?.(progress);
      if (isProving) return;
      events.progress('stream', Math.min(progress.executed, stream.length), stream.length, busyWith(progress));
      isProving = progress.executed >= stream.length;
      if (isProving) events.phase('prove', 'Comparing the digest of the flash');
    },
  });
  const differing = ranges.filter((range, index) => outcome.digests[index] !== range.digest);
  const wrong = differing.length > 0 ? await wrongSectors(session, plan, differing) : [];
  if (wrong.length > 0) {
    throw new StageFlashError('verify', `the flash does not hold what was written: sector${wrong.length === 1 ? '' : 's'} at ${wrong.map((range) => hex32(range.address)).join(', ')} differ`, {
      hint: 'Run the same command again: only these sectors are written anew. If it stays so, the flash is worn out.',
    });
  }
  return { streamBytes: stream.length, repeatedBytes: outcome.repeatedBytes };
}

/** Which of them it is, sector by sector; where the board does not say so any more, the runs that differ. None: read again, each is right. */
async function wrongSectors(session: StubSession, plan: Plan, differing: readonly ProofRange[]): Promise<readonly ProofRange[]> {
  const ranges = proofRanges(plan);
  const digests = await askDigests(session, ranges).catch(() => undefined);
  return digests === undefined ? differing : ranges.filter((range, index) => digests[index] !== range.digest);
}

function busyWith(progress: Progress): string {
  const banks = ['bank 1', 'bank 2'].filter((_, bank) => (progress.busy >> bank) & 1);
  return banks.length === 0 ? 'waiting for data' : `${banks.join(' and ')} busy`;
}
