/** The farewell: resets the board or starts a program, and finds out what became of it. */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { readableText } from '../bootloader/wrong-answer.js';
import { StageFlashError, hex32 } from '../errors.js';
import type { AfterFlash } from '../flash-options.js';
import { lineTimeMs } from '../link/line-settings.js';
import { askForStub } from './ask-for-stub.js';
import { hearApplication, type ApplicationHeard, type Expectation } from './hear-application.js';
import { forgetRate } from './stream-rate.js';
import { STUB_PACE_MS, type StubSession } from './stub-session.js';

/** AN2606 table 227: 54 ms from reset to a ROM that listens; H7A needs 545 ms. An application that talks mostly does so by then. */
const START_UP_MS = 600;
const ATTEMPTS = 3;
const NOTHING = new Uint8Array(0);

export interface Ending {
  /** One or two sentences: where the board is now. */
  readonly text: string;
  /** What the line brought after the reset. */
  readonly heard: Uint8Array;
  /** The stub has said that it leaves: nobody will hear from it again. */
  readonly hasLeft: boolean;
  /** Where something was expected. */
  readonly application?: ApplicationHeard;
}

type Heard = Omit<Ending, 'hasLeft'>;

export interface Farewell {
  readonly announce?: (text: string) => void;
  /** What the application must say after the reset or the start. */
  readonly expect?: Expectation | undefined;
}

/** Never fails for a board that does not answer any more: what was proven stays proven. */
export async function leaveBoard(session: StubSession, after: AfterFlash, { announce = () => {}, expect }: Farewell = {}): Promise<Ending> {
  if (after === 'stay') return { text: 'The stub waits on the board; a reset ends it.', heard: NOTHING, hasLeft: false };
  const where = after === 'reset' ? 'Resetting the board' : `Starting the program at ${hex32(after.go)}`;
  announce(where);
  session.beginFarewell();
  let hasLeft = false;
  try {
    hasLeft = await sayFarewell(session, after === 'reset' ? 0 : after.go);
    await forgetRate(session);
    if (expect !== undefined) return { ...(await findOutWhetherHeard(session, after, expect)), hasLeft };
    if (!hasLeft) return { text: `${where}: the stub did not confirm, so where the board is now is not known.`, heard: NOTHING, hasLeft };
    return { ...(await findOut(session, after)), hasLeft };
  } catch (error) {
    if (!(error instanceof StageFlashError) || error.kind !== 'link') throw error;
    return { text: `${where}: then the connection was lost (${error.message}), so where the board is now is not known.`, heard: NOTHING, hasLeft };
  }
}

/** The application's own word tells more than a stub that did not confirm. */
async function findOutWhetherHeard(session: StubSession, after: AfterFlash, expect: Expectation): Promise<Heard> {
  const application = await hearApplication(session, expect);
  const { said } = application;
  if (application.isHeard) return { text: `The application says “${expect.text}”.`, heard: said, application };
  const { text } = said.length === 0 && after === 'reset' ? await probeForRom(session) : { text: `What came from the line${quoted(said) || ' is not text'}.` };
  return { text, heard: said, application };
}

async function findOut(session: StubSession, after: AfterFlash): Promise<Heard> {
  const heard = await hear(session, START_UP_MS);
  if (heard.length > 0) return { text: `The program talks${quoted(heard)}.`, heard };
  if (after === 'reset') return probeForRom(session);
  return { text: 'The program was started; it says nothing.', heard };
}

/**
 * LEAVE is repeated only while the stub is heard: a ROM bootloader that came up meanwhile would take the frame's first byte for its
 * synchronisation and be deaf until the next reset (AN2606).
 */
async function sayFarewell(session: StubSession, how: number): Promise<boolean> {
  const request = session.newRequest();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await session.send('leave', request, { how });
    if (await hearLeaving(session, request)) return true;
    if (session.isHalfDuplex ? !(await isStillThere(session)) : session.silentMs > STUB_PACE_MS) return false;
  }
  return false;
}

async function isStillThere({ link, token, roundTrip }: StubSession): Promise<boolean> {
  return (await askForStub(link, token, roundTrip.timeoutMs(STUB_PACE_MS))) !== undefined;
}

async function hearLeaving(session: StubSession, request: number): Promise<boolean> {
  const deadlineMs = session.pacer.freeAtMs + session.roundTrip.timeoutMs(STUB_PACE_MS);
  for (;;) {
    if (session.takeAnswer('leaving', request) !== undefined) return true;
    if (session.link.now() >= deadlineMs) return false;
    await session.listen(deadlineMs);
  }
}

/** Whatever comes within one round trip and `extraMs`; ends early once something came and the line is quiet again. */
async function hear(session: StubSession, extraMs: number): Promise<Uint8Array> {
  const { link, roundTrip } = session;
  const trailing = session.takeTrailing();
  const first = trailing.length > 0 ? trailing : await link.receive(link.now() + roundTrip.timeoutMs(extraMs));
  if (first.length === 0) return first;
  const rest = await link.receive(link.now() + Math.max(100, lineTimeMs(64, link.line)));
  return Uint8Array.of(...first, ...rest);
}

/**
 * A silent board may be in its ROM bootloader again: a 0x7F tells, and does not hurt an application that listens. Some pins want it
 * twice (AN2606 table 135).
 */
async function probeForRom(session: StubSession): Promise<Heard> {
  for (let attempt = 0; attempt < 2; attempt++) {
    await session.link.send(Uint8Array.of(SYNCHRONISATION));
    const heard = withoutEcho(await hear(session, lineTimeMs(2, session.link.line)));
    if (heard.length === 1 && (heard[0] === ACK || heard[0] === NACK)) {
      return { text: 'After the reset the board is in its ROM bootloader again: BOOT0 is still high. With BOOT0 low, a reset starts what is in flash.', heard };
    }
    if (heard.length > 0) return { text: `After the reset the program talks${quoted(heard)}.`, heard };
  }
  return { text: 'After the reset the board is silent: the program runs without a word on this line, or does not run.', heard: NOTHING };
}

/** A two-wire line or an echoing converter brings back what was sent; the answer stands behind it. */
function withoutEcho(heard: Uint8Array): Uint8Array {
  return heard[0] === SYNCHRONISATION ? heard.subarray(1) : heard;
}

function quoted(heard: Uint8Array): string {
  const text = readableText(heard);
  return text === undefined ? '' : `: “${text}”`;
}
