/** Plan → proven flash → farewell → report. */
import { writtenSectors } from '../plan/plan.js';
import { makeReport } from '../report/report.js';
import { executePlan } from '../session/execute-plan.js';
import { leaveBoard } from '../session/leave-board.js';
import { raiseRate } from '../session/stream-rate.js';
import type { StubSession } from '../session/stub-session.js';
import type { Report } from '../flash-options.js';
import { demandHeard } from './expect-application.js';
import type { Job } from './job.js';
import { forgetOnDisk } from './rest-on-disk.js';
import { forgetStub, keepJournal } from './sector-journal.js';
import type { Planned } from './survey-and-plan.js';

export async function finishJob(job: Job, session: StubSession, planned: Planned): Promise<Report> {
  const { options, events, log } = job;
  if (planned.stream.length > 0) log.flash = 'unfinished';
  const journal = keepJournal(job, session, planned.plan, planned.stream);
  if (planned.stream.length > 0) await raiseRate(session, options.streamBaud, events);
  log.executed = await executePlan(session, planned.plan, planned.stream, { events, begunBytes: planned.begunBytes, signal: options.signal, onProgress: journal.hear, ...(journal.mayReach && { mayReach: journal.mayReach }) });
  log.flash = 'proven';
  journal.proven();
  forgetOnDisk(job.journal, session.facts, planned.plan.sectors.map(({ sector }) => sector.number));
  job.cache.keep(planned.plan.sectors.flatMap(({ content }) => content ?? []));
  const ending = await leaveBoard(session, options.after ?? 'reset', {
    announce: (text) => events.phase('reset', text), expect: options.leave === undefined ? options.expect : undefined,
  });
  log.application = ending.application;
  // A stub that is still there can be released or gone on with by whoever knows its token.
  if (ending.hasLeft) forgetStub(job.file);
  if (ending.application !== undefined) demandHeard(ending.application, ending.text);
  const outcome = writtenSectors(planned.plan).length === 0 ? 'unchanged' : 'flashed';
  return makeReport(outcome, ending.text, log);
}
