/** Plan → the stream with the fewest bytes: packed where that is shorter, as it is otherwise. */
import { isNoise } from '../codec/is-noise.js';
import { packContent } from '../codec/pack-content.js';
import type { JobEvents } from '../job-events.js';
import { sectorRuns } from '../plan/build-plan.js';
import { programmedBytes, type Plan } from '../plan/plan.js';
import { planStream } from '../plan/stream.js';

export interface MadeStream {
  readonly stream: Uint8Array;
  readonly isPacked: boolean;
}

/** Same plan, same bytes: a later process that goes on with this job must make the very stream. */
export async function makeStream(plan: Plan, isPackingWanted: boolean, events: JobEvents): Promise<MadeStream> {
  const stored = { stream: planStream(plan), isPacked: false };
  const runs = isPackingWanted ? sectorRuns(plan).filter((run) => !isNoise(run.bytes)) : [];
  if (runs.length === 0) return stored;
  const totalBytes = programmedBytes(plan);
  const packed = await packContent(sectorRuns(plan), {
    onProgress: (share) => events.progress('plan', Math.round(share * totalBytes), totalBytes, 'packing'),
  });
  const stream = planStream(plan, packed);
  return stream.length < stored.stream.length ? { stream, isPacked: true } : stored;
}
