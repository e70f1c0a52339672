/** A process may end in the middle of a job; the stub does not. */
import { StageFlashError } from '../errors.js';
import type { Report } from '../flash-options.js';
import type { Link } from '../link/link.js';
import { crc32 } from '../protocol/crc32.js';
import { findStub } from '../session/find-stub.js';
import { leaveBoard } from '../session/leave-board.js';
import { finishJob } from './finish-job.js';
import type { Job } from './job.js';
import { loadFor } from './rest-on-disk.js';
import { surveyAndPlan } from './survey-and-plan.js';

/** Goes on with a job that an earlier process began, if its stub still works; undefined otherwise. */
export async function resumeJob(job: Job, link: Link): Promise<Report | undefined> {
  const saved = job.file.load();
  if (saved?.token === undefined || job.options.direct) return undefined;
  job.events.phase('bootloader', 'Looking for the stub of the last run');
  const session = await findStub(link, { ...saved, token: saved.token }, job.options.streamBaud !== undefined);
  if (session === undefined) return undefined;
  if (job.options.dryRun) {
    throw new StageFlashError('refused', 'the stub of an earlier run is still at work on the board', { hint: 'Run without --dry-run to go on with it.' });
  }
  const planned = session.progress?.status === 0 ? await surveyAndPlan(job, session, { distrusted: saved.distrusted, onDisk: loadFor(job, saved.facts), isResumed: true }) : undefined;
  if (planned !== undefined && !job.options.full && crc32(planned.stream) === saved.streamCrc) {
    job.events.note('The stub of the last run still works: going on where it is.');
    job.log.session = session;
    return finishJob(job, session, planned);
  }
  job.events.note(planned === undefined ? 'The stub of the last run has met an error: resetting the board.' : 'The stub of the last run works on something else: resetting the board.');
  await leaveBoard(session, 'reset');
  return undefined;
}
