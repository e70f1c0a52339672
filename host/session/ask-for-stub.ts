/**
 * Is a stub on the board? Asked, where it was told to speak only when asked and cannot be listened for.
 *
 * A ROM bootloader that came back meanwhile would measure its bit rate by the first byte of the question and be deaf from then on. So 0x7F goes first, on
 * which it answers, and twice, for some of its pins want that (AN2606 table 135); only into silence goes the question. A stub discards both.
 */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import type { Link } from '../link/link.js';
import { FrameDecoder } from '../protocol/frame.js';
import { masksFor } from '../protocol/masks.js';
import { decodeMessage, encodeMessage, type Received } from '../protocol/messages.js';
import { MESSAGES } from '../protocol/wire.js';
import { STUB_PACE_MS } from './stub-session.js';

export interface StubHeard {
  readonly token: number;
  readonly message: Received;
}

const KNOCKS = 2;
const ATTEMPTS = 3;
/** No network is slower, and nothing is known of this one yet. */
export const UNKNOWN_ROUND_TRIP_MS = 10_000;
/** A converter packs its bytes: what follows the first of them within this belongs to them. */
const REST_MS = 50;

/** For an answer, while no round trip is measured. */
export function unknownWaitMs({ connectMs = UNKNOWN_ROUND_TRIP_MS }: Pick<Link, 'connectMs'>): number {
  return STUB_PACE_MS + Math.min(UNKNOWN_ROUND_TRIP_MS, 4 * connectMs);
}

/**
 * @param token its session's, or ANY_TOKEN
 * @param waitMs for an answer: a round trip, and how long a stub may be at something
 * @returns undefined where something else answers, or nobody; a ROM bootloader is in step afterwards, and will refuse the next 0x7F
 */
export async function askForStub(link: Link, token: number, waitMs: number): Promise<StubHeard | undefined> {
  const decoder = new FrameDecoder('any');
  for (let knock = 0; knock < KNOCKS; knock++) {
    await link.send(Uint8Array.of(SYNCHRONISATION));
    const answer = await link.receive(link.now() + waitMs);
    const rest = answer.length === 1 ? await link.receive(link.now() + REST_MS) : answer;
    const speaker = stubIn(decoder, answer) ?? (rest === answer ? undefined : stubIn(decoder, rest));
    if (speaker !== undefined) return speaker;
    if (rest.length === 0 && (answer[0] === ACK || answer[0] === NACK)) {
      // Whoever synchronises next gets an answer to the first 0x7F only if half a command is there already.
      await link.send(Uint8Array.of(SYNCHRONISATION));
      return undefined;
    }
  }
  return askIntoSilence(link, token, waitMs, decoder);
}

/** The question alone, where 0x7F was not answered before. */
export async function askIntoSilence(link: Link, token: number, waitMs: number, decoder = new FrameDecoder('any')): Promise<StubHeard | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await link.send(encodeMessage('poll', token, 0, {}, masksFor(link)));
    for (const deadlineMs = link.now() + waitMs; link.now() < deadlineMs; ) {
      const speaker = stubIn(decoder, await link.receive(deadlineMs));
      if (speaker !== undefined) return speaker;
    }
  }
  return undefined;
}

function stubIn(decoder: FrameDecoder, bytes: Uint8Array): StubHeard | undefined {
  for (const frame of decoder.push(bytes)) {
    const message = decodeMessage(frame);
    if (message !== undefined && MESSAGES[message.name].from === 'stub') return { token: frame.token, message };
  }
  return undefined;
}
