/**
 * Packing takes seconds, and the flash can erase meanwhile: how the stream begins is known as soon as there is a plan, unless the old content is made use of.
 * Nothing is heard until the stream goes on; the stub waits.
 */
import { streamBeginning } from '../plan/stream.js';
import { fullPayloadBytes } from '../session/frame-size.js';
import type { StubSession } from '../session/stub-session.js';
import type { Job } from './job.js';
import { stepsOfUpdate } from './pack-plan.js';
import { NO_STREAM, type SessionNote } from './sector-journal.js';
import type { Surveyed } from './survey-and-plan.js';

export interface Begun {
  /** Of the stream. */
  readonly bytes: number;
  /** Numbers of sectors that a cut may leave in any state from now on. */
  readonly inProgress: readonly number[];
}

/** One frame, which mostly holds all erases. @param writeDown is called before it is sent */
export async function eraseAhead({ log, options }: Pick<Job, 'log' | 'options'>, session: StubSession, { plan, wishes }: Surveyed, distrusted: readonly number[], writeDown: (note: SessionNote) => void): Promise<Begun> {
  const isRoundAbout = session.isHalfDuplex || wishes.streamBaud !== undefined;
  const isPacked = wishes.compress && stepsOfUpdate(plan, wishes.known) === undefined;
  const beginning = isPacked && !isRoundAbout ? streamBeginning(plan)?.subarray(0, fullPayloadBytes(session.link)) : undefined;
  if (beginning === undefined || options.signal?.aborted === true) return { bytes: 0, inProgress: distrusted };
  const inProgress = [...new Set([...distrusted, ...plan.erases.map(({ number }) => number)])];
  writeDown({ streamCrc: NO_STREAM, inProgress, sentBytes: beginning.length });
  log.flash = 'unfinished';
  await session.send('data', 0, { bytes: beginning });
  return { bytes: beginning.length, inProgress };
}
