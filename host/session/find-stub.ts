/** Does the stub of an earlier process still work on the board? It is never silent, so listening tells; one that speaks only when asked is asked. */
import { lineTimeMs } from '../link/line-settings.js';
import type { Link } from '../link/link.js';
import { RoundTrip } from '../link/round-trip.js';
import { FrameDecoder } from '../protocol/frame.js';
import { decodeMessage } from '../protocol/messages.js';
import { askForStub } from './ask-for-stub.js';
import { knock } from './knock.js';
import type { SavedSession } from './session-file.js';
import { ratePatienceMs } from './stream-rate.js';
import { STUB_PACE_MS, StubSession } from './stub-session.js';

const REPORT_BYTES = 100;
/** Reports that come closer together may all be old ones, kept by the converter since the stub's last words. */
const ALIVE_MS = 250;

/**
 * @param link to listen on; also what the session then speaks over
 * @param isRaised the stub may speak at another bit rate still, until it goes back
 */
export async function findStub(link: Link, saved: SavedSession & { readonly token: number }, isRaised = false): Promise<StubSession | undefined> {
  const decoder = new FrameDecoder(saved.token);
  const roundTrip = new RoundTrip();
  roundTrip.observe(saved.roundTripMs);
  const session = new StubSession({ link, roundTrip, decoder, token: saved.token, facts: saved.facts, discardedBefore: 0 });
  if (link.line.isHalfDuplex === true || saved.isOnlyAsked === true) return askedStub(session, isRaised);
  await knock(link);
  let firstHeardMs = Infinity;
  let deadlineMs = link.now() + (isRaised ? ratePatienceMs(session) : 0) + roundTrip.patienceMs(STUB_PACE_MS + lineTimeMs(REPORT_BYTES, link.line));
  while (link.now() < deadlineMs) {
    const reports = decoder.push(await link.receive(deadlineMs)).map(decodeMessage).filter((message) => message?.name === 'progress');
    const last = reports.at(-1);
    if (last === undefined) continue;
    session.progress = { ...last.values, received: last.offset };
    if (link.now() - firstHeardMs >= ALIVE_MS) return session;
    if (firstHeardMs !== Infinity) continue;
    firstHeardMs = link.now();
    deadlineMs = firstHeardMs + roundTrip.patienceMs(STUB_PACE_MS);
  }
  return undefined;
}

async function askedStub(session: StubSession, isRaised: boolean): Promise<StubSession | undefined> {
  const { link, roundTrip, token } = session;
  // Only silence brings it back to the rate that is spoken here.
  for (const untilMs = link.now() + (isRaised ? ratePatienceMs(session) : 0); link.now() < untilMs; ) await link.receive(untilMs);
  const heard = await askForStub(link, token, roundTrip.timeoutMs(STUB_PACE_MS + lineTimeMs(REPORT_BYTES, link.line)));
  if (heard?.token !== token || heard.message.name !== 'progress') return undefined;
  session.progress = { ...heard.message.values, received: heard.message.offset };
  return session;
}
