/**
 * Keeps in the session file which sectors are in progress, so that after a cut the next job erases them again even if they read right, and believes the others.
 * Knows when to write it down; which sectors those are is the plan's to say (host/plan/sectors-in-progress.ts).
 */
import { changesOf, sendLimit } from '../plan/changes.js';
import type { Plan } from '../plan/plan.js';
import { sectorsInProgress, type Moment } from '../plan/sectors-in-progress.js';
import type { SavedSession, SessionFile } from '../session/session-file.js';
import type { Progress, StubSession } from '../session/stub-session.js';
import type { Job } from './job.js';
import { stepsAhead } from './send-ahead.js';

type Chip = Pick<SavedSession['facts'], 'uid0' | 'uid1' | 'uid2'>;

/** What was written down of a job on this very chip. */
export function leftBehind(file: SessionFile, chip: Chip): SavedSession | undefined {
  const saved = file.load();
  return saved?.facts.uid0 === chip.uid0 && saved.facts.uid1 === chip.uid1 && saved.facts.uid2 === chip.uid2 ? saved : undefined;
}

/** The stub is gone; what it left in progress is not, nor the job that can be gone on with. */
export function forgetStub(file: SessionFile): void {
  const saved = file.load();
  if (saved === undefined || (saved.inProgress.length === 0 && saved.job === undefined)) {
    file.remove();
    return;
  }
  const { token: _, ...rest } = saved;
  try {
    file.save(rest);
  } catch {
    // What stays names a stub that the next run will not hear; its sectors are right.
  }
}

/** A job goes on without its file, but not without a word. @returns whether it is on the disk */
export function saveOrWarn({ file, events }: Pick<Job, 'file' | 'events'>, session: Omit<SavedSession, 'wireVersion'>): boolean {
  try {
    file.save(session);
    return true;
  } catch (error) {
    events.warning(`This job cannot be gone on with if this process ends, nor is it known then what a cut has left half done: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** No CRC-32 of a stream. */
export const NO_STREAM = -1;

/** What changes of a session's notes while it goes on. */
export type SessionNote = Pick<SavedSession, 'streamCrc' | 'inProgress' | 'sentBytes'>;

/**
 * For a session that works on no plan: its stub can be found again, and these sectors may be in any state.
 * @returns to be called when they are proven
 */
export function saveWithoutPlan(job: Pick<Job, 'file' | 'events'>, { token, facts, roundTrip, isHalfDuplex }: StubSession, sectors: readonly number[] = []): () => void {
  const { inProgress = [], startedAt = new Date().toISOString(), job: unfinished } = leftBehind(job.file, facts) ?? {};
  const save = (distrusted: readonly number[]): void => void saveOrWarn(job, {
    token, isOnlyAsked: isHalfDuplex, facts, streamCrc: NO_STREAM, roundTripMs: roundTrip.smoothedMs, distrusted, inProgress: distrusted, sentBytes: 0, startedAt, ...(unfinished && { job: unfinished }),
  });
  save([...new Set([...inProgress, ...sectors])]);
  return () => save(inProgress.filter((sector) => !sectors.includes(sector)));
}

export interface SectorJournal {
  /** How far the stream may be sent when so much of it is executed. What that changes is written down when this returns. */
  readonly mayReach?: (executedBytes: number) => number;
  readonly hear: (progress: Progress) => void;
  /** The flash holds what the plan says. */
  readonly proven: () => void;
}

const NO_JOURNAL: SectorJournal = { hear: () => undefined, proven: () => undefined };
/** Of the sectors to be written, so many are done before that alone is worth a write. */
const WORTH_WRITING = 1 / 16;

/** @param stream the plan's */
export function keepJournal(job: Pick<Job, 'file' | 'events'>, session: StubSession, plan: Plan, stream: Uint8Array): SectorJournal {
  const saved = job.file.load();
  if (saved?.token !== session.token) return NO_JOURNAL;
  const { distrusted } = saved;
  const changes = changesOf(plan, stream);
  const ahead = stepsAhead(plan, stream, changes, session);
  let moment: Moment = { sentBytes: saved.sentBytes, executedBytes: 0, programmedWords: 0 };
  let written = saved.inProgress;
  let isLost = false;
  const write = (inProgress: readonly number[], session: SavedSession = saved): void => {
    written = inProgress;
    if (isLost) return;
    isLost = !saveOrWarn(job, { ...session, inProgress, sentBytes: moment.sentBytes });
    // An old one would vouch for sectors that are in progress now.
    if (isLost) job.file.remove();
  };
  const writeIfWorth = (): void => {
    const now = sectorsInProgress(plan, changes, distrusted, moment);
    const done = written.filter((sector) => !now.includes(sector)).length;
    if (now.some((sector) => !written.includes(sector)) || done > WORTH_WRITING * plan.erases.length) write(now);
  };
  return {
    mayReach: (executedBytes) => {
      const limit = Math.min(sendLimit(changes, stream.length, executedBytes, ahead()), executedBytes + session.facts.windowBytes);
      if (limit > moment.sentBytes) {
        moment = { ...moment, sentBytes: limit };
        writeIfWorth();
      }
      return limit;
    },
    hear: ({ executed, programmed }) => {
      moment = { ...moment, executedBytes: executed, programmedWords: programmed };
      writeIfWorth();
    },
    proven: () => {
      const { job: _, ...ended } = saved;
      write(distrusted.filter((number) => !plan.erases.some((sector) => sector.number === number)), ended);
    },
  };
}
