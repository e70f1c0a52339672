/** Plan → proven flash → farewell → report. */
import { writtenSectors } from '../plan/plan.js';
import { makeReport } from '../report/report.js';
import { executePlan } from '../session/execute-plan.js';
import { leaveBoard } from '../session/leave-board.js';
import type { StubSession } from '../session/stub-session.js';
import type { Report } from '../flash-options.js';
import { secondsSince, type Job } from './job.js';
import type { Planned } from './survey-and-plan.js';

export async function finishJob(job: Job, session: StubSession, planned: Planned): Promise<Report> {
  const { image, options, events } = job;
  const executed = await executePlan(session, planned.plan, planned.stream, events, options.signal);
  const ending = await leaveBoard(session, options.after ?? 'reset', (text) => events.phase('reset', text));
  job.file.remove();
  const outcome = writtenSectors(planned.plan).length === 0 ? 'unchanged' : 'flashed';
  return makeReport(outcome, ending.text, { image, ...planned, session, executed, seconds: secondsSince(job, session.link) });
}
