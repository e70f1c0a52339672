/**
 * A stub that works for somebody else, or on something else: heard on the line, and made to begin anew. Nothing is reset, so that a board whose
 * application is the only way into its bootloader keeps the stub that it has.
 */
import { StageFlashError } from '../errors.js';
import { lineTimeMs } from '../link/line-settings.js';
import type { Link } from '../link/link.js';
import { RoundTrip } from '../link/round-trip.js';
import { FRAME_OVERHEAD_BYTES, FrameDecoder } from '../protocol/frame.js';
import { decodeMessage, encodeMessage, type MessageValues } from '../protocol/messages.js';
import { masksFor } from '../protocol/masks.js';
import { newToken } from '../protocol/token.js';
import { ANY_TOKEN, MESSAGES, WIRE_VERSION } from '../protocol/wire.js';
import { askForStub, UNKNOWN_ROUND_TRIP_MS, unknownWaitMs } from './ask-for-stub.js';
import { knock } from './knock.js';
import { stubOptions } from './stub-options.js';
import { STUB_PACE_MS, StubSession } from './stub-session.js';

/** The sector that a bank erases at this moment, then reading all flash (stm32h7.md: 4 s at worst, 2 MiB with real wait states). */
const RESTART_MS = 6000;
const ATTEMPTS = 4;
/** Where a host is at work, its next datagram has the converter speak to it again: reports reach us only now and then. */
const KNOCK_MS = 100;

/** The token of whatever stub is heard: it is never silent, or it is asked. Undefined when there is none. */
export async function hearAnyStub(link: Link): Promise<number | undefined> {
  const decoder = new FrameDecoder('any');
  if (link.line.isHalfDuplex) return (await askForStub(link, ANY_TOKEN, unknownWaitMs(link)))?.token;
  const deadlineMs = link.now() + STUB_PACE_MS + unknownWaitMs(link);
  for (let isHeard = false; link.now() < deadlineMs; ) {
    if (!isHeard) await knock(link);
    const bytes = await link.receive(isHeard ? deadlineMs : Math.min(deadlineMs, link.now() + KNOCK_MS));
    isHeard ||= bytes.length > 0;
    const fromStub = decoder.push(bytes).find((frame) => {
      const name = decodeMessage(frame)?.name;
      return name !== undefined && MESSAGES[name].from === 'stub';
    });
    if (fromStub !== undefined) return fromStub.token;
  }
  return undefined;
}

/**
 * @param heldBy token of the session that ends here
 * @throws StageFlashError kind `link` when the stub does not obey, `refused` when it is of another version
 */
export async function takeOver(link: Link, heldBy: number): Promise<StubSession> {
  const token = newToken();
  const decoder = new FrameDecoder(token);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Either it has not heard the first request, or its answer was lost: then it is known by the new token already.
    if (attempt > 0) await link.send(encodeMessage('hello', token, 0, {}, masksFor(link)));
    await link.send(encodeMessage('take', heldBy, 0, { token, options: stubOptions(link) }, masksFor(link)));
    const facts = await hearFacts(link, decoder, link.now() + RESTART_MS + UNKNOWN_ROUND_TRIP_MS);
    if (facts === undefined) continue;
    if (facts.wireVersion !== WIRE_VERSION) throw new StageFlashError('refused', `the stub on the board speaks wire version ${facts.wireVersion}, this host ${WIRE_VERSION}`, { hint: 'Reset the board into its bootloader, or use the stage-flash that began.' });
    const session = new StubSession({ link, roundTrip: new RoundTrip(), decoder, token, facts, discardedBefore: 0 });
    await measureRoundTrip(session);
    return session;
  }
  throw new StageFlashError('link', `${link.name}: a stub is heard, but it does not obey`, { hint: 'Does another host speak with it at this moment? Try again, or reset the board into its bootloader.' });
}

async function hearFacts(link: Link, decoder: FrameDecoder, deadlineMs: number): Promise<MessageValues<'facts'> | undefined> {
  while (link.now() < deadlineMs) {
    for (const frame of decoder.push(await link.receive(deadlineMs))) {
      const message = decodeMessage(frame);
      if (message?.name === 'facts') return message.values;
    }
  }
  return undefined;
}

/** What the ROM phase would have taught. */
async function measureRoundTrip(session: StubSession): Promise<void> {
  const { link, pacer, roundTrip } = session;
  const poll = session.newRequest();
  await session.send('poll', poll, {});
  const sentMs = pacer.freeAtMs;
  const deadlineMs = sentMs + UNKNOWN_ROUND_TRIP_MS;
  while (session.progress?.poll !== poll && link.now() < deadlineMs) await session.listen(deadlineMs);
  roundTrip.observe(link.now() - sentMs - lineTimeMs(FRAME_OVERHEAD_BYTES, link.line));
}
