/** From the ROM bootloader to the running stub, and on: survey, plan, stream. */
import { basename } from 'node:path';
import { StageFlashError } from '../errors.js';
import type { Report } from '../flash-options.js';
import type { Link } from '../link/link.js';
import { refuseMissingPort } from '../loader/kick.js';
import { describeFetch, describePlan, describeSectors } from '../plan/describe-plan.js';
import { crc32 } from '../protocol/crc32.js';
import { wayBack } from '../plan/way-back.js';
import { makeReport } from '../report/report.js';
import { leaveBoard } from '../session/leave-board.js';
import type { StubSession } from '../session/stub-session.js';
import { demandConsent } from './consent.js';
import { eraseAhead } from './erase-ahead.js';
import { enterStub, findRom } from './enter-stub.js';
import { finishJob } from './finish-job.js';
import { flashThroughRom } from './flash-through-rom.js';
import type { Job } from './job.js';
import { forgetStub, leftBehind, saveOrWarn, type SessionNote } from './sector-journal.js';
import { forgetUntouched, keepOnDisk, leftUnderWay } from './rest-on-disk.js';
import { makeStream } from './make-stream.js';
import { enterBootloader } from './move-board.js';
import { savedJob } from './save-job.js';
import { surveyAndPlan } from './survey-and-plan.js';

/**
 * @param link for the ROM bootloader and the loader, which cannot bear a new connection
 * @param steadyLink to the same board, for the stub, which can
 */
export async function beginJob(job: Job, link: Link, steadyLink: Link): Promise<Report> {
  const { options, events, file, log } = job;
  if (options.direct && link.datagramBytes !== undefined) {
    throw new StageFlashError('usage', `${link.name}: --direct needs a link that keeps the order of bytes`, {
      hint: 'A datagram that comes twice would make the bootloader take content for commands, and some of them erase everything. Leave --direct out, or use tcp://.',
    });
  }
  if (options.direct && options.kick !== undefined) {
    throw new StageFlashError('usage', '--kick wants the stub, and --direct never leaves the ROM bootloader', { hint: 'Leave one of them out.' });
  }
  if (options.direct && link.hasXonXoff) {
    throw new StageFlashError('usage', '--direct cannot keep 0x11 off the wire: it is the code of Read Memory', { hint: 'Leave --direct out; or set the converter to no flow control, and leave --avoid-xonxoff out.' });
  }
  await enterBootloader(job, link);
  const { rom, deviceId } = await findRom(link, log, events);
  refuseMissingPort(options.kick, deviceId);
  forgetStub(file);
  if (options.direct) return flashThroughRom(job, link, rom, deviceId);
  return useStub(job, await enterStub(link, steadyLink, rom, options, log, events), { mayReset: true });
}

/**
 * With a stub that works on nothing.
 * @param mayReset its start found the flash as it is; a stub that was taken over may have erased the only way into the bootloader for somebody else
 */
export async function useStub(job: Job, session: StubSession, { mayReset }: { readonly mayReset: boolean }): Promise<Report> {
  const { file, log } = job;
  log.session = session;
  try {
    return await flashThroughStub(job, session);
  } catch (error) {
    // The board gets its chance to come back into the ROM bootloader, from where the same command can be tried again.
    if (mayReset && isAboutTheBoard(error)) {
      if ((await leaveBoard(session, 'reset')).hasLeft) forgetStub(file);
    }
    throw error;
  }
}

async function flashThroughStub(job: Job, session: StubSession): Promise<Report> {
  const { options, events, file, log } = job;
  const left = leftBehind(file, session.facts);
  if (left !== undefined && !options.eraseRest) forgetUntouched(job.journal, session.facts, left);
  const onDisk = leftUnderWay(job, session.facts);
  // A job over another link to this board has left nothing else behind.
  const leftElsewhere = onDisk.filter(({ seenBy }) => seenBy !== left?.startedAt);
  const distrusted = [...new Set([...(left?.inProgress ?? []), ...leftElsewhere.map(({ sector }) => sector)])];
  const surveyed = await surveyAndPlan(job, session, { distrusted, onDisk, isResumed: false });
  const { plan, rests, wishes } = surveyed;
  const isWritten = plan.erases.length > 0;
  describeSectors(plan).forEach((line) => events.note(line));
  const { enter } = options;
  const back = wayBack(session.facts, enter?.send !== undefined && enter.lines === undefined && enter.command === undefined && enter.person === undefined);
  const isCutDangerous = isWritten && !back.isCertain;
  if (isWritten) events[back.isCertain ? 'note' : 'warning'](back.text);
  if (options.dryRun) {
    log.ways = (await makeStream(plan, session, wishes)).ways;
    const ending = await leaveBoard(session, 'reset');
    return makeReport('planned', [describePlan(plan, log.ways), ...describeFetch(rests), `Nothing was changed. ${ending.text}`].join('\n'), log);
  }
  if (isCutDangerous) await demandConsent(options.consent, 'Erase the only way into this board\'s bootloader, to write it anew');
  const { token, facts, roundTrip } = session;
  const startedAt = new Date().toISOString();
  const unfinished = savedJob(job);
  if (left?.job !== undefined && left.job.fileSha256 !== unfinished?.fileSha256) events.note(`${basename(left.job.imagePath)} was left unfinished here; it is given up for this image.`);
  // Not before something is sent: a job that ends before has touched nothing, and has nothing to put back.
  const writeDown = (note: SessionNote): void => {
    keepOnDisk(job, plan, rests.bySector, facts, startedAt);
    saveOrWarn(job, { token, isOnlyAsked: session.isHalfDuplex, facts, roundTripMs: roundTrip.smoothedMs, distrusted, startedAt, ...note, ...(unfinished && { job: unfinished }) });
  };
  const begun = await eraseAhead(job, session, surveyed, distrusted, writeDown);
  const made = await makeStream(plan, session, wishes);
  log.ways = made.ways;
  writeDown({ streamCrc: crc32(made.stream), inProgress: begun.inProgress, sentBytes: begun.bytes });
  return finishJob(job, session, { ...surveyed, ...made, begunBytes: begun.bytes });
}

function isAboutTheBoard(error: unknown): boolean {
  return error instanceof StageFlashError && ['refused', 'flash', 'verify'].includes(error.kind);
}
