/** A process may end in the middle of a job; the stub does not. */
import { StageFlashError } from '../errors.js';
import type { Report } from '../flash-options.js';
import type { Link } from '../link/link.js';
import { crc32 } from '../protocol/crc32.js';
import { findStub } from '../session/find-stub.js';
import type { StubSession } from '../session/stub-session.js';
import { hearAnyStub, takeOver } from '../session/take-over.js';
import { finishJob } from './finish-job.js';
import type { Job } from './job.js';
import { NO_STREAM, saveWithoutPlan } from './sector-journal.js';
import { loadFor } from './rest-on-disk.js';
import { surveyAndPlan, type Planned } from './survey-and-plan.js';
import { makeStream } from './make-stream.js';
import type { SavedSession } from '../session/session-file.js';

export interface Resumed {
  /** The job that an earlier process began has come to its end. */
  readonly report?: Report;
  /** A stub that works for us, and on nothing. */
  readonly session?: StubSession;
}

/** Goes on with a job that an earlier process began, if its stub still works; takes it over for another job. */
export async function resumeJob(job: Job, link: Link): Promise<Resumed> {
  const saved = job.file.load();
  if (saved?.token === undefined || job.options.direct) return takeOverStranger(job, link);
  job.events.phase('bootloader', 'Looking for the stub of the last run');
  const session = await findStub(link, { ...saved, token: saved.token }, (job.options.streamBaud ?? saved.job?.options.streamBaud) !== undefined);
  if (session === undefined) return takeOverStranger(job, link);
  if (job.options.dryRun) {
    throw new StageFlashError('refused', 'the stub of an earlier run is still at work on the board', { hint: 'Run without --dry-run to go on with it.' });
  }
  if ((saved.isOnlyAsked === true) !== session.isHalfDuplex) {
    job.events.note('The stub of the last run was told otherwise of half-duplex: it begins anew.');
    return { session: await takeOverAndSave(job, link, session.token) };
  }
  const isAtWork = session.progress?.status === 0;
  const planned = isAtWork && saved.streamCrc !== NO_STREAM && !job.options.full ? await planAgain(job, session, saved) : undefined;
  if (planned !== undefined && crc32(planned.stream) === saved.streamCrc) {
    job.events.note('The stub of the last run still works: going on where it is.');
    job.log.session = session;
    return { report: await finishJob(job, session, planned) };
  }
  const state = !isAtWork ? 'has met an error' : saved.streamCrc === NO_STREAM ? 'had not come to its content' : 'works on something else';
  job.events.note(`The stub of the last run ${state}: it begins anew.`);
  return { session: await takeOverAndSave(job, link, session.token) };
}

/** The very plan and stream, as long as image and options are the same. */
async function planAgain(job: Job, session: StubSession, saved: SavedSession): Promise<Planned> {
  const surveyed = await surveyAndPlan(job, session, { distrusted: saved.distrusted, onDisk: loadFor(job, saved.facts), isResumed: true });
  const made = await makeStream(surveyed.plan, session, surveyed.wishes);
  job.log.ways = made.ways;
  return { ...surveyed, ...made, begunBytes: 0 };
}

/** Only when the user says so: somebody may wait for it. */
async function takeOverStranger(job: Job, link: Link): Promise<Resumed> {
  const { options, events } = job;
  if (!options.takeover || options.direct || options.dryRun) return {};
  events.phase('bootloader', link.line.isHalfDuplex === true ? 'Asking for the stub of another host' : 'Listening for the stub of another host');
  const token = await hearAnyStub(link);
  if (token === undefined) return {};
  events.warning('A stub works here for another host: taking it over. What that host has begun is not finished.');
  return { session: await takeOverAndSave(job, link, token) };
}

/** The stub obeys nobody else from now on: a process that ends before there is a plan must find it again. */
export async function takeOverAndSave(job: Pick<Job, 'file' | 'events'>, link: Link, heldBy: number): Promise<StubSession> {
  const session = await takeOver(link, heldBy);
  saveWithoutPlan(job, session);
  return session;
}
