/**
 * A stub that is on the board before a visit: this machine's own, in the middle of a job or waiting behind one, or another host's that is to be taken over.
 * Who only looks leaves the job as it is; who changes the flash makes the stub begin anew. It is never reset: it may be the only way into the board.
 */
import { StageFlashError } from '../errors.js';
import type { JobOptions } from '../flash-options.js';
import type { JobEvents } from '../job-events.js';
import type { Link } from '../link/link.js';
import { findStub } from '../session/find-stub.js';
import type { SessionFile } from '../session/session-file.js';
import type { StubSession } from '../session/stub-session.js';
import { hearAnyStub } from '../session/take-over.js';
import { takeOverAndSave } from './resume-job.js';

/** Reading 2 MiB of flash with the slowest wait states, and the sector that a bank erases at this moment (stm32h7.md: 4 s at worst). */
const SURVEY_MS = 6000;

export interface Meeting {
  readonly options: JobOptions;
  readonly events: JobEvents;
  readonly file: SessionFile;
  /** The visit changes the flash. */
  readonly isChanging: boolean;
}

export interface MetStub {
  readonly session: StubSession;
  /** One sentence: what it does when the visit is over. */
  readonly ending: string;
}

const STAYS = 'The stub waits on the board; a reset ends it.';

/** Nobody hears it, or it speaks while the host does; and to have it begin anew would end its job. */
function toldOtherwise(isOnlyAsked: boolean): StageFlashError {
  return new StageFlashError('usage', `the stub of the last run waits here, and it was started ${isOnlyAsked ? 'with' : 'without'} half-duplex=1`, {
    hint: `Say so in the URL again, as that run did: ${isOnlyAsked ? 'half-duplex=1' : 'no half-duplex=1'}. Flashing has it begin anew with either.`,
  });
}

/** @returns undefined when there is none: the board is in its ROM bootloader, or has to be brought there */
export async function meetStub({ options, events, file, isChanging }: Meeting, link: Link): Promise<MetStub | undefined> {
  const saved = file.load();
  if (saved?.token !== undefined) {
    events.phase('bootloader', 'Looking for the stub of the last run');
    const session = await findStub(link, { ...saved, token: saved.token }, saved.job?.options.streamBaud !== undefined);
    if (session !== undefined && !isChanging && session.progress?.status === 0) {
      if ((saved.isOnlyAsked === true) !== session.isHalfDuplex) throw toldOtherwise(saved.isOnlyAsked === true);
      session.facts = await session.ask('hello', {}, 'facts', SURVEY_MS);
      if (saved.job === undefined) return { session, ending: STAYS };
      return { session, ending: 'A job was left unfinished here: its stub waits for the rest of it, and stage-flash resume goes on.' };
    }
    if (session !== undefined) {
      events.note(isChanging ? 'The stub of the last run is there: it begins anew.' : 'The stub of the last run has met an error: it begins anew.');
      return { session: await takeOverAndSave({ file, events }, link, session.token), ending: STAYS };
    }
  }
  if (options.takeover !== true) return undefined;
  events.phase('bootloader', link.line.isHalfDuplex === true ? 'Asking for the stub of another host' : 'Listening for the stub of another host');
  const token = await hearAnyStub(link);
  if (token === undefined) return undefined;
  events.warning('A stub works here for another host: taking it over. What that host has begun is not finished.');
  return { session: await takeOverAndSave({ file, events }, link, token), ending: STAYS };
}
