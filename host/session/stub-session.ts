/**
 * A conversation with the running stub: requests and answers, and the stub's own reports on the side. Knows frames and time, not flash.
 */
import { StageFlashError } from '../errors.js';
import { ConverterRoom } from '../link/converter-room.js';
import { LinePacer } from '../link/line-pacer.js';
import type { Link } from '../link/link.js';
import type { RoundTrip } from '../link/round-trip.js';
import type { FrameDecoder } from '../protocol/frame.js';
import { decodeMessage, encodeMessage, type MessageName, type MessageValues, type Received } from '../protocol/messages.js';
import { masksFor } from '../protocol/masks.js';
import { reportPaceMs } from '../protocol/report-pace.js';
import { LIMITS, MESSAGES } from '../protocol/wire.js';
import { lowerRate, type RaisedRate } from './stream-rate.js';
import { lastOf, whoSpeaks } from './stranger.js';
import { deafError, faultError, progressError } from './stub-error.js';

/** The stub's unasked PROGRESS comes at least once in this time, where it hears nothing. */
export const STUB_PACE_MS = LIMITS.tickMs.value;
/** What the stub does may keep an answer for so long, beside the work that was asked for. */
export const ANSWER_MS = 1000;
/** So many reports missed, and the connection counts as dead, whatever TCP believes of it. */
const DEAD_AFTER = 3;
/** So many questions in a row that the stub, though heard, has not answered, and it does not hear. */
const MOST_UNHEARD = 16;
/** Patience learns from the round trip already, and a late answer counts: more only lets a lossy line stand idle. */
const MOST_DOUBLINGS = 2;
/** So many connections in a row without a word, and the stub counts as gone. */
const FRUITLESS_RENEWALS = 3;
/** Behind half a frame and this much silence, the rest of it will not come. */
const SETTLE_MS = 250;
const START_AGAIN = 'Reset it into its bootloader and run the same command again: what is right already is not sent again.';

export type Progress = MessageValues<'progress'> & { readonly received: number };

export interface StubSessionParts {
  readonly link: Link;
  /** Has learned in the ROM phase. */
  readonly roundTrip: RoundTrip;
  /** Has heard everything since the loader greeted. */
  readonly decoder: FrameDecoder;
  /** Has learned from the loader. */
  readonly room?: ConverterRoom;
  readonly token: number;
  readonly facts: MessageValues<'facts'>;
  /** Bytes from the line that belonged to nothing before. */
  readonly discardedBefore: number;
}

export class StubSession {
  readonly link: Link;
  readonly roundTrip: RoundTrip;
  readonly pacer: LinePacer;
  /** The survey: of when the stub started, or of whenever it was asked for anew. */
  facts: MessageValues<'facts'>;
  readonly token: number;
  readonly #decoder: FrameDecoder;
  readonly #discardedBefore: number;
  #answers: Received[] = [];
  #lastRequest = 0;
  #heardAtMs: number;
  /** Bytes that belonged to no frame: when the session began, and when the stub was last heard. */
  readonly #foreignAtStart: number;
  #foreignWhenHeard: number;
  /** Frames of other sessions, when the stub was last heard. */
  #strangersWhenHeard = 0;
  #lastBytes = new Uint8Array(0);
  #renewals = 0;
  #pardonedAtMs = -Infinity;
  #fruitlessRenewals = 0;
  #isLeaving = false;
  /** Half-duplex: the oldest question that nothing was heard since. */
  #askedAtMs: number | undefined;
  /** The line runs at another bit rate than the ROM bootloader had. */
  raised: RaisedRate | undefined;
  /** When the last message of ours went out. */
  sentAtMs = -Infinity;
  /** The stub's last report. */
  progress: Progress | undefined;
  /** Requests and polls that had to be repeated. */
  repeats = 0;

  constructor(parts: StubSessionParts) {
    this.link = parts.link;
    this.roundTrip = parts.roundTrip;
    this.pacer = new LinePacer(parts.link, parts.room ?? new ConverterRoom(parts.link.line));
    this.facts = parts.facts;
    this.#decoder = parts.decoder;
    this.token = parts.token;
    this.#discardedBefore = parts.discardedBefore;
    this.#heardAtMs = parts.link.now();
    this.#foreignAtStart = this.#foreignWhenHeard = parts.decoder.discardedBytes;
  }

  /** Bytes from the line that belonged to nothing of ours. */
  get discardedBytes(): number {
    return this.#discardedBefore + this.#decoder.discardedBytes;
  }

  /** The stub says nothing but answers. */
  get isHalfDuplex(): boolean {
    return this.link.line.isHalfDuplex === true;
  }

  /** From now on it does not matter what went wrong on the board. */
  beginFarewell(): void {
    this.#isLeaving = true;
  }

  /** Who knows why nothing was heard until now. */
  pardonSilence(): void {
    this.#pardonedAtMs = this.link.now();
  }

  /** Since the last frame from the stub. */
  get silentMs(): number {
    return this.link.now() - this.#heardAtMs;
  }

  /** A number for a request that no answer has carried yet. */
  newRequest(): number {
    return ++this.#lastRequest;
  }

  /** Sends one message, paced to the line. */
  async send<Name extends MessageName>(name: Name, offset: number, values: MessageValues<Name>): Promise<void> {
    const bytes = encodeMessage(name, this.token, offset, values, masksFor(this.link));
    for (let at = 0; at < bytes.length; ) {
      while (this.link.now() < this.pacer.readyAtMs) await this.listen(this.pacer.readyAtMs);
      at = await this.pacer.sendBurst(bytes, at);
    }
    this.sentAtMs = this.link.now();
    if (name !== 'data') this.#askedAtMs ??= this.pacer.freeAtMs;
  }

  /**
   * Hears what comes until `deadlineMs`, or until something has come.
   * @throws StageFlashError kind `flash`, `verify` or `stub` when the stub reports trouble, `link` when it has been silent for too long
   */
  async listen(deadlineMs: number): Promise<void> {
    const settleMs = this.#heardAtMs + SETTLE_MS;
    const bytes = await this.link.receive(settleMs > this.link.now() ? Math.min(deadlineMs, settleMs) : deadlineMs);
    if (bytes.length > 0) this.#lastBytes = lastOf(this.#lastBytes, bytes);
    const frames = bytes.length > 0 ? this.#decoder.push(bytes) : this.link.now() >= settleMs ? this.#decoder.settle() : [];
    for (const frame of frames) {
      const message = decodeMessage(frame);
      // An echo of our own words is no life sign.
      if (message !== undefined && MESSAGES[message.name].from === 'host') continue;
      this.#heardAtMs = this.link.now();
      this.link.confirm?.();
      this.#askedAtMs = undefined;
      this.#foreignWhenHeard = this.#decoder.discardedBytes;
      this.#strangersWhenHeard = this.#decoder.foreignFrames;
      this.#fruitlessRenewals = 0;
      if (message !== undefined) this.#hear(message);
    }
    this.#noticeRenewal();
    const missed = this.missedReports;
    if (missed > 0 && !this.#isLeaving && this.raised === undefined) this.#refuseStranger();
    if (missed >= DEAD_AFTER) await this.#endSilence();
  }

  /**
   * How many reports should have come since the last one: the first at the pace of a line that is busy, the next ones because they are asked for.
   * Half-duplex: since the question.
   */
  get missedReports(): number {
    if (this.isHalfDuplex && this.#askedAtMs === undefined) return 0;
    const spokenAtMs = this.isHalfDuplex ? this.#askedAtMs! : this.#heardAtMs;
    const silentMs = this.link.now() - Math.max(spokenAtMs, this.#pardonedAtMs);
    const isAsked = this.isHalfDuplex || this.#pardonedAtMs > this.#heardAtMs;
    const firstMs = this.roundTrip.patienceMs(isAsked ? STUB_PACE_MS : Math.max(STUB_PACE_MS, reportPaceMs(this.link.line.baudRate)));
    return silentMs <= firstMs ? 0 : 1 + Math.floor((silentMs - firstMs) / this.roundTrip.patienceMs(STUB_PACE_MS));
  }

  /** On a line that had brought nothing foreign before: a converter's heartbeat came before as well, and proves nothing. */
  #refuseStranger(): void {
    if (this.#decoder.foreignFrames > this.#strangersWhenHeard) {
      throw new StageFlashError('refused', 'the stub works for another host now: it was taken over', { hint: 'Agree on who flashes this board; --takeover takes it back.' });
    }
    const stranger = this.#foreignWhenHeard > this.#foreignAtStart ? undefined : whoSpeaks(this.#lastBytes);
    if (stranger !== undefined) throw new StageFlashError('link', `the stub is gone, and ${stranger}`, { hint: `The board was reset, perhaps by a watchdog beside the chip (--kick feeds it). ${START_AGAIN}` });
  }

  /** The stub is never silent: either the connection is dead, or the bit rate that was agreed on does not work any more, or the stub is gone. */
  async #endSilence(): Promise<void> {
    if (this.raised === undefined) return this.#renewConnection();
    try {
      if (this.#fruitlessRenewals === 0) return await this.#renewConnection();
    } catch (error) {
      if (!(error instanceof StageFlashError)) throw error;
    }
    return lowerRate(this);
  }

  async #renewConnection(): Promise<void> {
    const strangeBytes = this.#decoder.discardedBytes - this.#foreignWhenHeard;
    const silence = `the stub has not been heard for ${Math.round((this.link.now() - this.#heardAtMs) / 1000)} s${strangeBytes > 0 ? `, though ${strangeBytes} bytes came` : ''}`;
    if (this.link.renew === undefined || this.#fruitlessRenewals === FRUITLESS_RENEWALS) {
      const wire = strangeBytes > 0 ? ' Does the line change what passes? Where 0x11 and 0x13 are taken for XON and XOFF, add --avoid-xonxoff; stage-flash doctor tells.' : '';
      throw new StageFlashError('link', silence, { hint: `Is the board powered, and was it reset, perhaps by a watchdog beside the chip (--kick feeds it)?${wire} ${START_AGAIN}` });
    }
    this.#fruitlessRenewals++;
    await this.link.renew(silence);
    this.#noticeRenewal();
  }

  /** A new connection gets its time. */
  #noticeRenewal(): void {
    const { renewals = 0 } = this.link;
    if (renewals !== this.#renewals) this.pardonSilence();
    this.#renewals = renewals;
  }

  /**
   * Asks until the answer comes.
   * @param values of each attempt: the longer a question, the likelier it is lost. The answer is to one of those that were asked
   * @param workMs what the stub needs at worst before it can answer
   */
  async ask<Asked extends MessageName, Answer extends MessageName>(
    asked: Asked, values: MessageValues<Asked> | ((attempt: number) => MessageValues<Asked>), answer: Answer, workMs: number,
  ): Promise<MessageValues<Answer>> {
    const request = this.newRequest();
    for (let attempt = 0, unheard = 0; ; attempt++) {
      if (unheard === MOST_UNHEARD) throw deafError(this.link.name);
      if (attempt > 0) this.repeats++;
      if (attempt > 0 && this.isHalfDuplex) await this.#askWhy();
      // With a connection the question may be lost, or the answer.
      const renewals = this.#renewals;
      await this.send(asked, request, typeof values === 'function' ? values(attempt) : values);
      const sentMs = this.pacer.freeAtMs;
      const deadlineMs = sentMs + this.roundTrip.timeoutMs(ANSWER_MS + workMs) * 2 ** Math.min(attempt, MOST_DOUBLINGS);
      while (this.link.now() < deadlineMs && this.#renewals === renewals) {
        const found = this.takeAnswer(answer, request);
        if (found !== undefined) return found;
        await this.listen(deadlineMs);
      }
      unheard = this.#heardAtMs > sentMs && this.#renewals === renewals ? unheard + 1 : 0;
    }
  }

  /** A stub that met an error answers nothing else, and reports it only when asked. */
  async #askWhy(): Promise<void> {
    await this.send('poll', this.newRequest(), {});
    const deadlineMs = this.pacer.freeAtMs + this.roundTrip.timeoutMs(ANSWER_MS);
    const before = this.progress;
    while (this.link.now() < deadlineMs && this.progress === before) await this.listen(deadlineMs);
  }

  /** The answer to a request, if it has come. */
  takeAnswer<Name extends MessageName>(name: Name, offset: number): MessageValues<Name> | undefined {
    const at = this.#answers.findIndex((message) => message.name === name && message.offset === offset);
    return at < 0 ? undefined : (this.#answers.splice(at, 1)[0]!.values as MessageValues<Name>);
  }

  /** Answers that carry something else than the number of a request in `offset`: all that have come since they were taken last. */
  takeEach<Name extends MessageName>(name: Name): readonly { readonly offset: number; readonly values: MessageValues<Name> }[] {
    const isWanted = (message: Received): boolean => message.name === name;
    const taken = this.#answers.filter(isWanted);
    if (taken.length > 0) this.#answers = this.#answers.filter((message) => !isWanted(message));
    return taken as never;
  }

  /** What came behind the stub's last frame, for when it has left. */
  takeTrailing(): Uint8Array {
    return this.#decoder.takeTrailing();
  }

  #hear(message: Received): void {
    if (message.name === 'fault') throw faultError(message.values);
    if (message.name !== 'progress') {
      this.#answers.push(message);
      return;
    }
    this.progress = { ...message.values, received: message.offset };
    if (message.values.status !== 0 && !this.#isLeaving) throw progressError(message.values);
  }
}
