/**
 * Packing takes seconds, and the flash can erase meanwhile: how the stream begins is known as soon as there is a plan, unless the old content is made use of.
 * Nothing is heard until the stream goes on; the stub waits.
 */
import { streamBeginning } from '../plan/stream.js';
import type { SavedSession } from '../session/session-file.js';
import type { StubSession } from '../session/stub-session.js';
import type { Job } from './job.js';
import { stepsOfUpdate } from './pack-plan.js';
import { NO_STREAM, saveOrWarn } from './sector-journal.js';
import type { Surveyed } from './survey-and-plan.js';

export interface Begun {
  /** Of the stream. */
  readonly bytes: number;
  /** Numbers of sectors that a cut may leave in any state from now on. */
  readonly inProgress: readonly number[];
}

/** What is begun is written down before. @param saved what else there is to know of the job */
export async function eraseAhead(
  job: Pick<Job, 'file' | 'events' | 'log' | 'options'>, session: StubSession, { plan, wishes }: Surveyed,
  saved: Omit<SavedSession, 'wireVersion' | 'streamCrc' | 'inProgress' | 'sentBytes'>,
): Promise<Begun> {
  const isRoundAbout = session.isHalfDuplex || wishes.streamBaud !== undefined;
  const isPacked = wishes.compress && stepsOfUpdate(plan, wishes.known) === undefined;
  const beginning = isPacked && !isRoundAbout ? streamBeginning(plan) : undefined;
  if (beginning === undefined || job.options.signal?.aborted === true) return { bytes: 0, inProgress: saved.distrusted };
  const inProgress = [...new Set([...saved.distrusted, ...plan.erases.map(({ number }) => number)])];
  saveOrWarn(job, { ...saved, streamCrc: NO_STREAM, inProgress, sentBytes: beginning.length });
  job.log.flash = 'unfinished';
  await session.send('data', 0, { bytes: beginning });
  return { bytes: beginning.length, inProgress };
}
