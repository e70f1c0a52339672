/**
 * A visit to a board: onto it with the stub, some work, and off again by a reset, whatever the work came to. So a board in its ROM
 * bootloader by BOOT0 is found there afterwards.
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
import { atBoard, demandKnownChip } from './at-board.js';
import { enterStub, findRom } from './enter-stub.js';
import { enterBootloader, leaveAfter } from './move-board.js';
import { recordJob } from './record-job.js';

/** A visit is not gone on with: the next one begins in the ROM bootloader. */
const AFTER_ABORT = 'A stub may still wait on the board: reset it into its bootloader before the next command.';

interface Asked {
  readonly options: JobOptions;
  readonly log: Logbook;
  readonly events: JobEvents;
}

export interface Visit {
  readonly session: StubSession;
  readonly part: H7Part;
  readonly log: Logbook;
  readonly events: JobEvents;
}

export interface Visited<Result> {
  readonly result: Result;
  /** Where the board is now, in words. */
  readonly ending: string;
  readonly log: Logbook;
}

/**
 * @param begin what can be refused before there is a link; its result goes to `work`
 * @param finish makes the report, when the board has been left
 */
export function visitBoard<Begun, Result, Report extends { readonly text: string }>(
  options: JobOptions,
  begin: (log: Logbook, events: JobEvents) => Begun | Promise<Begun>,
  work: (visit: Visit, begun: Begun) => Promise<Result>,
  finish: (visited: Visited<Result>) => Report,
): Promise<Report> {
  return recordJob(options, async (log, events) => {
    demandKnownChip(options.chip);
    const begun = await begin(log, events);
    const asked = { options, log, events };
    const visit = async (link: Link, steadyLink: Link): Promise<Report> => {
      await enterBootloader(asked, link);
      const { rom, deviceId } = await findRom(link, log, events);
      refuseMissingPort(options.kick, deviceId);
      const session = await enterStub(link, steadyLink, rom, options, log, events);
      return finish({ log, ...(await workAndReset(asked, session, (there) => work(there, begun))) });
    };
    return atBoard(options, log, events, AFTER_ABORT, (link, steadyLink) => leaveAfter(asked, steadyLink, () => visit(link, steadyLink)));
  });
}

async function workAndReset<Result>({ options, log, events }: Asked, session: StubSession, work: (visit: Visit) => Promise<Result>): Promise<Omit<Visited<Result>, 'log'>> {
  try {
    events.phase('survey', 'Reading what the board is and what its flash holds');
    const part = (log.part = choosePart(session.facts.idcode & 0xfff, session.facts.flashSizeKiB, options.chip));
    events.note(describeDevice(part, session));
    const result = await work({ session, part, log, events });
    const { text: ending } = await leaveBoard(session, 'reset', { announce: (text) => events.phase('reset', text) });
    return { result, ending };
  } catch (error) {
    // Whatever is wrong with the board, the stub has done its work.
    if (error instanceof StageFlashError && ['refused', 'flash', 'verify'].includes(error.kind)) await leaveBoard(session, 'reset');
    throw error;
  }
}
