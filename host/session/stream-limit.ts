/** How far a stream may be sent at this moment: as far as the stub has room, and no further than whoever keeps a journal of its changes has written down. */
import type { StreamJob } from './run-stream.js';

export interface StreamLimit {
  readonly limitBytes: number;
  /** There would be room for what must not go yet. */
  readonly isHeldBack: boolean;
}

export function streamLimit({ session, stream, mayReach }: Pick<StreamJob, 'session' | 'stream' | 'mayReach'>, executedBytes: number): StreamLimit {
  const windowEnd = executedBytes + session.facts.windowBytes;
  const reach = mayReach?.(executedBytes) ?? Infinity;
  return { limitBytes: Math.min(windowEnd, reach), isHeldBack: reach < Math.min(windowEnd, stream.length) };
}
