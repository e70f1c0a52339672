/**
 * A visit to a board: onto it with the stub, some work, and off again by a reset, whatever the work came to. So a board in its ROM
 * bootloader by BOOT0 is found there afterwards. A stub that was there before is used, and stays (meet-stub.ts).
 */
import { choosePart } from '../device/choose-part.js';
import type { H7Part } from '../device/h7-part.js';
import { StageFlashError } from '../errors.js';
import type { JobOptions } from '../flash-options.js';
import type { JobEvents } from '../job-events.js';
import type { Link } from '../link/link.js';
import { refuseMissingPort } from '../loader/kick.js';
import type { Logbook } from '../report/logbook.js';
import { describeDevice } from '../report/report.js';
import { leaveBoard } from '../session/leave-board.js';
import type { StubSession } from '../session/stub-session.js';
import { NO_SESSION_FILE, sessionFile, type SessionFile } from '../session/session-file.js';
import { atBoard, demandKnownChip, overLink } from './at-board.js';
import { enterStub, findRom } from './enter-stub.js';
import { meetStub } from './meet-stub.js';
import { enterBootloader, leaveAfter } from './move-board.js';
import { forgetStub } from './sector-journal.js';
import { recordJob } from './record-job.js';
import { rememberedAs } from './remembered-as.js';

/** A visit is not gone on with: the next one begins in the ROM bootloader. */
const AFTER_ABORT = 'A stub may still wait on the board: reset it into its bootloader before the next command.';

interface Asked {
  readonly options: JobOptions;
  readonly log: Logbook;
  readonly events: JobEvents;
  readonly file: SessionFile;
}

export interface Visit {
  readonly session: StubSession;
  readonly part: H7Part;
  readonly log: Logbook;
  readonly events: JobEvents;
  /** What jobs have left behind on this link. */
  readonly file: SessionFile;
}

export interface Visited<Result> {
  readonly result: Result;
  /** Where the board is now, in words. */
  readonly ending: string;
  readonly log: Logbook;
}

/** How a command visits. */
export interface VisitPlan<Begun, Result, Report> {
  /** It changes the flash: what a stub on the board was at is given up. */
  readonly isChanging?: true;
  /** What can be refused before there is a link; its result goes to `work`. */
  readonly begin: (log: Logbook, events: JobEvents) => Begun | Promise<Begun>;
  readonly work: (visit: Visit, begun: Begun) => Promise<Result>;
  /** Makes the report, when the board has been left. */
  readonly finish: (visited: Visited<Result>) => Report;
}

/** Where a visit goes, for whoever has the link open already. */
export interface VisitPlace {
  readonly link?: Link;
  /** What jobs have left behind there. */
  readonly file: SessionFile;
}

export function visitBoard<Begun, Result, Report extends { readonly text: string }>(
  options: JobOptions, plan: VisitPlan<Begun, Result, Report>, { link: openedLink, file }: VisitPlace = { file: sessionFileOf(options.to) },
): Promise<Report> {
  return recordJob(options, async (log, events) => {
    demandKnownChip(options.chip);
    const begun = await plan.begin(log, events);
    const asked = { options, log, events, file };
    const work = (there: Visit): Promise<Result> => plan.work(there, begun);
    const visit = async (link: Link, steadyLink: Link): Promise<Report> => {
      const met = await meetStub({ options, events, file, isChanging: plan.isChanging === true }, steadyLink);
      if (met !== undefined) return plan.finish({ log, result: await workThere(asked, (log.session = met.session), work), ending: met.ending });
      return leaveAfter(asked, steadyLink, async () => {
        await enterBootloader(asked, link);
        const { rom, deviceId } = await findRom(link, log, events);
        refuseMissingPort(options.kick, deviceId);
        forgetStub(file);
        const session = await enterStub(link, steadyLink, rom, options, log, events);
        return plan.finish({ log, ...(await workAndReset(asked, session, work)) });
      });
    };
    return openedLink === undefined ? atBoard(options, log, events, AFTER_ABORT, visit) : overLink(openedLink, options, log, events, visit);
  });
}

function sessionFileOf(to: string): SessionFile {
  const board = rememberedAs(to);
  return board === undefined ? NO_SESSION_FILE : sessionFile(board);
}

function workThere<Result>({ options, log, events, file }: Asked, session: StubSession, work: (visit: Visit) => Promise<Result>): Promise<Result> {
  events.phase('survey', 'Reading what the board is and what its flash holds');
  const part = (log.part = choosePart(session.facts.idcode & 0xfff, session.facts.flashSizeKiB, options.chip));
  events.note(describeDevice(part, session));
  return work({ session, part, log, events, file });
}

async function workAndReset<Result>(asked: Asked, session: StubSession, work: (visit: Visit) => Promise<Result>): Promise<Omit<Visited<Result>, 'log'>> {
  try {
    const result = await workThere(asked, session, work);
    const { text: ending, hasLeft } = await leaveBoard(session, 'reset', { announce: (text) => asked.events.phase('reset', text) });
    if (hasLeft) forgetStub(asked.file);
    return { result, ending };
  } catch (error) {
    // Whatever is wrong with the board, the stub has done its work.
    if (error instanceof StageFlashError && ['refused', 'flash', 'verify'].includes(error.kind)) await leaveBoard(session, 'reset');
    throw error;
  }
}
