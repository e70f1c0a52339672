/**
 * Sends a stream to the stub and hears the digest of what became of it: window, pace, selective repeat (PROTOCOL.md §5).
 *
 * The digest is asked for right behind the last byte, so that its answer, not an acknowledgement, ends the job.
 */
import { OVERTAKING_DATAGRAMS } from '../link/datagrams.js';
import { lineTimeMs } from '../link/line-settings.js';
import type { Link } from '../link/link.js';
import type { RoundTrip } from '../link/round-trip.js';
import type { AddressedRange } from '../protocol/ranges.js';
import { reportPaceMs } from '../protocol/report-pace.js';
import { FrameSize, fullPayloadBytes } from './frame-size.js';
import { runBursts } from './run-bursts.js';
import { streamLimit } from './stream-limit.js';
import { keepRate } from './stream-rate.js';
import { deafError, MOST_UNANSWERED } from './stub-error.js';
import { ANSWER_MS, type Progress, type StubSession } from './stub-session.js';
import { Transmissions, type Piece } from './transmissions.js';

/** A stub that waits for a busy bank may report so much late. */
const LATE_MS = 200;
/** Of single reports that get lost the stream takes no notice. */
const REPORTS_AWAITED = 3;
/** The line is looked at for so long that late reports do not count; it is dry when less than this share of it was used. */
const METER_MS = 8000;
const BUSY_SHARE = 0.95;
/** Of what is lost, the stub discards at least so much where single bytes are missing. */
const SPOILT_SHARE = 0.75;
/** On a line that is quiet, so late at most the stub tells that a PIECE is done, which is what lets a stream go on that is held back. */
export const NEWS_MS = 250;

export interface StreamOutcome {
  /** CRC-32 of each range as the stub read it from flash. */
  readonly digests: readonly number[];
  readonly repeatedBytes: number;
}

export interface StreamJob {
  readonly session: StubSession;
  /** Operations for the stub, padded to the unit; may be empty. */
  readonly stream: Uint8Array;
  /** So much of it has been sent already, in one piece. @default 0 */
  readonly begunBytes?: number;
  readonly ranges: readonly AddressedRange[];
  /** What reading the ranges and finishing the last flash work takes at worst. */
  readonly digestWorkMs: number;
  readonly onProgress: (progress: Progress) => void;
  /** How far the stream may be sent when so much of it is executed; asked before anything beyond the last answer goes. @default as far as the window lets it */
  readonly mayReach?: ((executedBytes: number) => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How many later frames a frame may come behind: those that leave while the round trip varies, and a few more. */
function mostOvertaking(link: Link, roundTrip: RoundTrip, payloadBytes: number): number {
  if (link.datagramBytes === undefined) return 0;
  return OVERTAKING_DATAGRAMS + Math.ceil((4 * roundTrip.variationMs) / lineTimeMs(payloadBytes, link.line));
}

export async function runStream(job: StreamJob): Promise<StreamOutcome> {
  if (job.session.isHalfDuplex) return runBursts(job);
  const sender = new StreamSender(job);
  for (;;) {
    job.signal?.throwIfAborted();
    sender.hearProgress();
    const digests = sender.takeDigests();
    if (digests !== undefined) return { digests, repeatedBytes: sender.repeatedBytes };
    await sender.step();
  }
}

class StreamSender {
  readonly #job: StreamJob;
  readonly #sent: Transmissions;
  readonly #request: number;
  readonly #frames: FrameSize;
  #seen: Progress | undefined;
  #digestAsked = false;
  #hasGivenUp = false;
  #renewalsSeen = 0;
  /** When the first piece went out behind the last report. */
  #unheardSinceMs: number | undefined;
  /** Reports missed in a row that have been asked for. */
  #missedSeen = 0;
  /** Time-outs in a row without anything new from the stub. */
  #timeouts = 0;
  #deadlineMs = Infinity;
  #lastPoll = 0;
  /** Since then there has always been something to send; what the stub had received at that time. */
  #busySince: { readonly atMs: number; readonly lineBytes: number } | undefined;
  /** Polls in a row that the stub, though heard, has not heard. */
  #unanswered = 0;
  #isHeardSincePoll = true;

  constructor(job: StreamJob) {
    this.#job = job;
    const { link } = job.session;
    this.#request = job.session.newRequest();
    this.#frames = new FrameSize(link);
    this.#sent = new Transmissions(job.stream.length, mostOvertaking(link, job.session.roundTrip, fullPayloadBytes(link)));
    if (job.begunBytes) this.#goOnBehind(job.begunBytes);
  }

  get repeatedBytes(): number {
    return this.#sent.repeatedBytes;
  }

  /** Nobody has listened since that was sent: the stub's silence is none. */
  #goOnBehind(begunBytes: number): void {
    this.#sent.take(begunBytes, begunBytes);
    this.#frames.sent(begunBytes);
    this.#job.session.pardonSilence();
  }

  takeDigests(): readonly number[] | undefined {
    return this.#job.session.takeAnswer('digests', this.#request)?.digests;
  }

  /** Takes in the stub's last report, once. */
  hearProgress(): void {
    const progress = this.#job.session.progress;
    if (progress === undefined || progress === this.#seen) return;
    const lostBytes = this.#sent.acknowledge(progress.received, progress.map, progress.poll);
    // Whole frames get lost with a datagram or a connection, whatever their length; damaged ones are fewer when they are shorter.
    if (lostBytes > 0 && progress.discardedBytes !== this.#seen?.discardedBytes) this.#frames.damaged();
    if (lostBytes > 0) this.#noticeOverflow(lostBytes, progress.discardedBytes - (this.#seen?.discardedBytes ?? 0));
    this.#measureLine(progress, lostBytes > 0);
    if (progress.poll === this.#lastPoll) this.#unanswered = 0;
    const isNews = this.#isNews(progress);
    this.#seen = progress;
    if (isNews) {
      this.#timeouts = this.#unanswered = 0;
      this.#restartTimer();
    }
    this.#isHeardSincePoll = true;
    this.#missedSeen = 0;
    this.#unheardSinceMs = undefined;
    this.#job.onProgress(progress);
  }

  /** A lost byte spoils a frame, whose other bytes the stub discards; what a full converter throws away nobody discards. */
  #noticeOverflow(lostBytes: number, discardedBytes: number): void {
    const { link, pacer } = this.#job.session;
    if (link.datagramBytes === undefined && (link.renewals ?? 0) === this.#renewalsSeen && discardedBytes < SPOILT_SHARE * lostBytes) pacer.room.overflowed();
  }

  /** Over some seconds in which there always was something to send, and nothing got lost: how much of the line was used? */
  #measureLine({ lineBytes, received }: Progress, isDisturbed: boolean): void {
    const { link, pacer } = this.#job.session;
    const now = { atMs: link.now(), lineBytes };
    if (isDisturbed) this.#busySince = undefined;
    const since = this.#busySince;
    // The first data are as long under way as the network is.
    if (received === (this.#seen?.received ?? 0) || (since !== undefined && now.atMs - since.atMs < METER_MS)) return;
    this.#busySince = now;
    if (since === undefined) return;
    pacer.room.flowed();
    if (lineTimeMs(now.lineBytes - since.lineBytes, link.line) < BUSY_SHARE * (now.atMs - since.atMs)) pacer.room.ranDry();
  }

  /** Sends the next thing that may be sent, or listens until something happens. */
  async step(): Promise<void> {
    const { session } = this.#job;
    const { renewals = 0 } = session.link;
    if (renewals !== this.#renewalsSeen) {
      // What was under way on the old connection is lost or not: ask at once, so that nothing is sent twice without need.
      this.#renewalsSeen = renewals;
      return this.#askWhatCame();
    }
    const missed = session.missedReports;
    if (missed > this.#missedSeen) {
      this.#missedSeen = missed;
      this.#busySince = undefined;
      return this.#askWhatCame();
    }
    // Into silence only questions go: whoever is there after a reset might take content for commands.
    const piece = missed > 0 || this.#isUnheard ? undefined : this.#sent.take(this.#frames.payloadBytes, this.#limit());
    if (piece !== undefined) await this.#sendPiece(piece);
    else if (this.#sent.isAllSent && !this.#digestAsked) await this.#askDigest();
    else if (session.link.now() >= this.#deadlineMs) await this.#askWhatCame();
    else {
      this.#busySince = undefined;
      await keepRate(session);
      await session.listen(this.#deadlineMs);
    }
  }

  /** Nothing of the stream goes beyond. */
  #limit(): number {
    return streamLimit(this.#job, this.#seen?.executed ?? 0).limitBytes;
  }

  /** The stub has received or executed more, or works on what it has all received. */
  #isNews(progress: Progress): boolean {
    return progress.received !== this.#seen?.received || progress.executed !== this.#seen.executed
      || (progress.busy !== 0 && progress.received >= this.#sent.nextOffset);
  }

  /** While data come the stub reports at its pace; without a sign of it, the board may have been reset, and its ROM bootloader take content for commands. */
  get #isUnheard(): boolean {
    const { link, roundTrip } = this.#job.session;
    return this.#unheardSinceMs !== undefined && link.now() - this.#unheardSinceMs > roundTrip.hesitationMs(REPORTS_AWAITED * reportPaceMs(link.line.baudRate) + LATE_MS);
  }

  async #sendPiece(piece: Piece): Promise<void> {
    this.#unheardSinceMs ??= this.#job.session.link.now();
    const bytes = this.#job.stream.subarray(piece.offset, piece.offset + piece.length);
    await this.#job.session.send('data', piece.offset, { bytes });
    this.#frames.sent(piece.length);
    this.#restartTimer();
  }

  async #askDigest(): Promise<void> {
    const { session, stream, ranges } = this.#job;
    await session.send('digest', this.#request, { after: stream.length, ranges: ranges.flatMap((range) => [range.address, range.length]) });
    this.#digestAsked = true;
    this.#restartTimer();
  }

  /** Nothing new for too long: the end of what was sent, or the request for the digest, may be lost. */
  async #askWhatCame(): Promise<void> {
    const { session } = this.#job;
    this.#timeouts++;
    session.repeats++;
    if (this.#isHeardSincePoll && this.#unanswered++ === MOST_UNANSWERED) return this.#giveUpConnection();
    this.#isHeardSincePoll = false;
    const poll = (this.#lastPoll = session.newRequest());
    this.#sent.poll(poll);
    await session.send('poll', poll, {});
    if (this.#sent.isAllSent) await this.#askDigest();
    this.#restartTimer();
  }

  /** The way to the board is dead, though the way back is not: a converter that was told XOFF does that. */
  async #giveUpConnection(): Promise<void> {
    const { link } = this.#job.session;
    const trouble = deafError(link.name);
    if (link.renew === undefined || this.#hasGivenUp) throw trouble;
    this.#hasGivenUp = true;
    this.#unanswered = 0;
    await link.renew(trouble.message);
  }

  #restartTimer(): void {
    const { session, stream, digestWorkMs } = this.#job;
    // Before the stub has everything, the end of the stream may be what is lost, and it works on nothing.
    const hasEverything = (this.#seen?.received ?? 0) >= stream.length;
    const workMs = !this.#digestAsked ? 0 : hasEverything ? digestWorkMs : reportPaceMs(session.link.line.baudRate);
    this.#deadlineMs = session.pacer.freeAtMs + session.roundTrip.timeoutMs(ANSWER_MS + workMs) * 2 ** Math.min(this.#timeouts, 4);
  }
}
