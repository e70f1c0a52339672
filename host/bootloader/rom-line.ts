/**
 * One question and one answer with the ROM bootloader: sends a frame, waits as long as this link deserves, tells what came back.
 *
 * Never two frames at once: after a NACK the ROM reads whatever follows as commands (AN3155 §3), and payload can look like
 * Readout Unprotect, which erases the chip. Knows ACK and NACK, no command.
 */
import type { Link } from '../link/link.js';
import { lineTimeMs } from '../link/line-settings.js';
import { RoundTrip } from '../link/round-trip.js';
import { ACK, NACK } from './an3155.js';

export type Reply =
  /** `data`: what stood between the ACK that opens and the one that may close the answer. */
  | { readonly kind: 'ack'; readonly data: Uint8Array }
  | { readonly kind: 'nack' }
  /** Not one byte until the deadline. */
  | { readonly kind: 'silence' }
  /** Bytes that are no answer, or only the beginning of one. */
  | { readonly kind: 'foreign'; readonly bytes: Uint8Array };

export interface Expectation {
  /** Bytes after the ACK. @default 0 */
  readonly dataLength?: number;
  /** A second ACK ends the answer. @default false */
  readonly closingAck?: boolean;
  /** What the ROM needs to do what it is asked, at worst. @default 0 */
  readonly workMs?: number;
  /** In place of the patience that the measured round trip suggests; wire time included. */
  readonly waitMs?: number;
  /** An answer counts only when nothing surrounds it: while it is open whether a bootloader is there at all. @default false */
  readonly alone?: boolean;
  /** False where the frame repeats an earlier one, so that an answer may be meant for either. @default true */
  readonly measured?: boolean;
}

/** The longest round trip that is waited for while nothing is known of the link. */
export const UNKNOWN_ROUND_TRIP_MS = 13_000;

/** Pauses inside one answer: packing in the converter, jitter of a mobile link. */
const SHORTEST_QUIET_MS = 250;

export class RomLine {
  readonly link: Link;
  readonly roundTrip = new RoundTrip();
  /** Bytes that came and belonged to no answer: heartbeats, banners, chatter. */
  discardedBytes = 0;
  /** What followed the last answer. */
  #unread = new Uint8Array();
  #lastArrivalMs = 0;

  constructor(link: Link) {
    this.link = link;
  }

  /** @throws StageFlashError kind `link` when the connection is gone. */
  async exchange(frame: Uint8Array, expected: Expectation = {}): Promise<Reply> {
    await this.#discardStale();
    const wireMs = lineTimeMs(frame.length + answerLength(expected), this.link.line);
    const workMs = expected.workMs ?? 0;
    const sentMs = this.link.now();
    await this.link.send(frame);
    const reply = await this.#await(expected, sentMs + (expected.waitMs ?? this.patienceMs(wireMs + workMs)));
    const isAnswer = reply.kind === 'ack' || reply.kind === 'nack';
    if (isAnswer && workMs === 0 && expected.measured !== false) this.roundTrip.observe(this.#lastArrivalMs - sentMs - wireMs);
    return reply;
  }

  /** How long an answer may take before something is wrong. */
  patienceMs(extraMs: number): number {
    return this.roundTrip.count === 0 ? UNKNOWN_ROUND_TRIP_MS + extraMs : this.roundTrip.patienceMs(extraMs);
  }

  /** Sends bytes that want no particular answer, and discards what comes. False when nothing comes. */
  async provoke(bytes: Uint8Array): Promise<boolean> {
    await this.link.send(bytes);
    const first = await this.link.receive(this.link.now() + this.patienceMs(lineTimeMs(bytes.length, this.link.line)));
    this.discardedBytes += first.length;
    if (first.length === 0) return false;
    await this.drain();
    return true;
  }

  /** Discards until nothing has come for two round trips: what is under way now answers the past. Chatter is given up on in time. */
  async drain(): Promise<void> {
    const giveUpMs = this.link.now() + this.patienceMs(0);
    for (;;) {
      const bytes = await this.link.receive(Math.min(giveUpMs, this.link.now() + this.#quietMs()));
      this.discardedBytes += bytes.length;
      if (bytes.length === 0 || this.link.now() >= giveUpMs) return;
    }
  }

  async idle(durationMs: number): Promise<void> {
    const untilMs = this.link.now() + durationMs;
    while (this.link.now() < untilMs) this.discardedBytes += (await this.link.receive(untilMs)).length;
  }

  /** Hands over what followed the last answer: from Go on it is no longer the ROM that speaks. */
  takeUnread(): Uint8Array {
    const bytes = this.#unread;
    this.#unread = new Uint8Array();
    return bytes;
  }

  async #discardStale(): Promise<void> {
    this.discardedBytes += this.takeUnread().length;
    for (;;) {
      const bytes = await this.link.receive(this.link.now());
      if (bytes.length === 0) return;
      this.discardedBytes += bytes.length;
    }
  }

  async #await(expected: Expectation, deadlineMs: number): Promise<Reply> {
    let bytes = new Uint8Array();
    let untilMs = deadlineMs;
    for (;;) {
      const more = await this.link.receive(untilMs);
      if (more.length > 0) this.#lastArrivalMs = this.link.now();
      bytes = concat(bytes, more);
      const atBeginning = matchAt(bytes, 0, expected);
      if (atBeginning && (!expected.alone || bytes.length === 1)) return this.#accept(bytes, 0, atBeginning);
      // What comes in a packet of its own is an answer between heartbeats.
      const ofItsOwn = expected.alone ? undefined : matchAt(more, 0, expected);
      if (ofItsOwn?.lengthBytes === more.length) return this.#accept(bytes, bytes.length - more.length, ofItsOwn);
      if (more.length > 0) {
        // Perhaps the answer stands at the end of something foreign: it does, if nothing follows.
        untilMs = isBeginning(bytes, expected) ? deadlineMs : Math.min(deadlineMs, this.link.now() + this.#quietMs());
        continue;
      }
      const start = bytes.length - answerEndingIn(bytes, expected);
      const atEnd = start < 0 || isBeginning(bytes, expected) ? undefined : matchAt(bytes, start, expected);
      if (atEnd) return this.#accept(bytes, start, atEnd);
      if (this.link.now() >= deadlineMs) return this.#fail(bytes);
      untilMs = deadlineMs;
    }
  }

  #accept(bytes: Uint8Array, start: number, match: Match): Reply {
    this.discardedBytes += start;
    this.#unread = bytes.slice(start + match.lengthBytes);
    return match.reply;
  }

  #fail(bytes: Uint8Array): Reply {
    this.discardedBytes += bytes.length;
    return bytes.length === 0 ? { kind: 'silence' } : { kind: 'foreign', bytes };
  }

  #quietMs(): number {
    return Math.max(SHORTEST_QUIET_MS, 2 * this.roundTrip.smoothedMs);
  }
}

interface Match {
  readonly reply: Reply;
  readonly lengthBytes: number;
}

function matchAt(bytes: Uint8Array, start: number, expected: Expectation): Match | undefined {
  const { dataLength = 0, closingAck = false } = expected;
  if (bytes[start] === NACK) return { reply: { kind: 'nack' }, lengthBytes: 1 };
  const lengthBytes = answerLength(expected);
  if (bytes[start] !== ACK || start + lengthBytes > bytes.length) return undefined;
  if (closingAck && bytes[start + lengthBytes - 1] !== ACK) return undefined;
  return { reply: { kind: 'ack', data: bytes.slice(start + 1, start + 1 + dataLength) }, lengthBytes };
}

/** An answer that has begun; a 0x1F in its data is no NACK, however long the rest takes. */
function isBeginning(bytes: Uint8Array, expected: Expectation): boolean {
  return bytes[0] === ACK && bytes.length < answerLength(expected);
}

function answerLength({ dataLength = 0, closingAck = false }: Expectation): number {
  return 1 + dataLength + (closingAck ? 1 : 0);
}

/** How many bytes the answer has that would end where `bytes` end. */
function answerEndingIn(bytes: Uint8Array, expected: Expectation): number {
  return bytes.at(-1) === NACK ? 1 : answerLength(expected);
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
