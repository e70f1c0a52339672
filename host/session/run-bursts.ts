/**
 * Sends a stream over one pair of wires (half-duplex): a burst, a question behind it, silence until the answer, and on. The stub says nothing else, so what
 * got lost, what there is room for, and that the work is done are all learned from answers.
 *
 * Each burst costs a round trip in which the line carries nothing, so it is as long as window and caution allow. Like run-stream.ts in all but the turns.
 */
import { lineTimeMs, type LineSettings } from '../link/line-settings.js';
import type { Turns } from '../plan/wire-schedule.js';
import { LIMITS } from '../protocol/wire.js';
import { askProgress } from './ask-progress.js';
import { FrameSize } from './frame-size.js';
import type { StreamJob, StreamOutcome } from './run-stream.js';
import { streamLimit, type StreamLimit } from './stream-limit.js';
import type { Progress, StubSession } from './stub-session.js';
import { Transmissions } from './transmissions.js';

const UNIT = LIMITS.unitBytes.value;
/** A burst for less of the window is not worth its round trip: the stub has work for some time. */
const WORTHWHILE_SHARE = 1 / 4;
/**
 * Before a burst ends, no error, no progress and no reset of the board is known; and a ROM bootloader that came back makes bytes of its own of content,
 * some of which may be commands (DESIGN.md, Not yet). So a burst is no longer than this, unless more than a fifth of the time would be silence.
 */
const LONGEST_BURST_MS = 8000;
const LONGEST_BURST_BYTES = 32_768;
const BURST_PER_SILENCE = 4;
/** POLL and PROGRESS. */
const QUESTION_BYTES = 90;
/** While the stub only works: asked after so long a pause at least, and with a fifth of the line at most. */
const LEAST_PAUSE_MS = 100;
const PAUSES_PER_QUESTION = 4;
/** Converters that end quiet connections do so when the board has said nothing for three seconds (field-notes.md §1.7); with room for jitter. */
const IDLE_MS = 2700;
const LEAST_BURST_MS = 300;
/** Of what is lost, the stub discards at least so much where bytes are damaged; what a full converter threw away nobody discards. */
const SPOILT_SHARE = 0.75;

/** What the turns take on this line, for whoever reckons how long a stream will take. */
export function turnsOn(line: LineSettings, roundTripMs: number): Turns {
  return {
    questionSeconds: questionMs(line) / 1000, pauseSeconds: pauseMs(line) / 1000, burstSeconds: burstMs(line, roundTripMs) / 1000, worthwhileShare: WORTHWHILE_SHARE,
  };
}

function questionMs(line: LineSettings): number {
  return lineTimeMs(QUESTION_BYTES, line) + LIMITS.quietMs.value;
}

function burstMs(line: LineSettings, roundTripMs: number): number {
  return Math.max(Math.min(LONGEST_BURST_MS, lineTimeMs(LONGEST_BURST_BYTES, line)), BURST_PER_SILENCE * (roundTripMs + questionMs(line)));
}

/** Between two questions while nothing is sent. */
function pauseMs(line: LineSettings): number {
  return Math.max(LEAST_PAUSE_MS, PAUSES_PER_QUESTION * lineTimeMs(QUESTION_BYTES, line));
}

export async function runBursts(job: StreamJob): Promise<StreamOutcome> {
  const { session, stream, ranges, digestWorkMs } = job;
  const sender = new BurstSender(job);
  while (stream.length > 0 && !sender.isExecuted) {
    job.signal?.throwIfAborted();
    if (sender.hasWork) await sender.sendBurst();
    else await pause(session);
    await sender.ask();
  }
  const { digests } = await session.ask('digest', { after: stream.length, ranges: ranges.flatMap(({ address, length }) => [address, length]) }, 'digests', digestWorkMs);
  return { digests, repeatedBytes: sender.repeatedBytes };
}

async function pause(session: StubSession): Promise<void> {
  const { link } = session;
  const untilMs = link.now() + pauseMs(link.line);
  while (link.now() < untilMs) await session.listen(untilMs);
}

class BurstSender {
  readonly #job: StreamJob;
  readonly #sent: Transmissions;
  readonly #frames: FrameSize;
  #seen: Progress | undefined;
  #renewalsSeen = 0;

  constructor(job: StreamJob) {
    this.#job = job;
    this.#frames = new FrameSize(job.session.link);
    this.#sent = new Transmissions(job.stream.length);
    // A stub that outlived an earlier process has some of it.
    if (job.session.progress !== undefined) this.#hear(job.session.progress);
  }

  get repeatedBytes(): number {
    return this.#sent.repeatedBytes;
  }

  get isExecuted(): boolean {
    return (this.#seen?.executed ?? 0) >= this.#job.stream.length;
  }

  /** Something is lost, or there is room for what is worth a burst. */
  get hasWork(): boolean {
    const { session: { facts: { windowBytes } }, stream } = this.#job;
    const { limitBytes, isHeldBack } = this.#limit;
    const worthwhileBytes = Math.min(stream.length - this.#sent.nextOffset, isHeldBack ? UNIT : windowBytes * WORTHWHILE_SHARE);
    return this.#sent.hasLost || (worthwhileBytes > 0 && limitBytes - this.#sent.nextOffset >= worthwhileBytes);
  }

  async sendBurst(): Promise<void> {
    const { session, stream, signal } = this.#job;
    const endMs = session.link.now() + this.#longestBurstMs;
    const { renewals } = session.link;
    // Behind a connection that has ended the stub may have missed anything.
    while (session.pacer.freeAtMs < endMs && session.link.renewals === renewals && signal?.aborted !== true) {
      const inTimeBytes = Math.floor((endMs - session.pacer.freeAtMs) / lineTimeMs(UNIT, session.link.line)) * UNIT;
      const piece = this.#sent.take(Math.max(UNIT, Math.min(this.#frames.payloadBytes, inTimeBytes)), this.#limit.limitBytes);
      if (piece === undefined) return;
      await session.send('data', piece.offset, { bytes: stream.subarray(piece.offset, piece.offset + piece.length) });
      this.#frames.sent(piece.length);
    }
  }

  async ask(): Promise<void> {
    this.#hear(await askProgress(this.#job.session, (request) => this.#sent.poll(request)));
  }

  get #limit(): StreamLimit {
    return streamLimit(this.#job, this.#seen?.executed ?? 0);
  }

  /** Once a connection has ended, perhaps because the board was silent, no burst is so long that it could be for that again. */
  get #longestBurstMs(): number {
    const { link, roundTrip } = this.#job.session;
    return (link.renewals ?? 0) === 0 ? burstMs(link.line, roundTrip.smoothedMs) : Math.max(LEAST_BURST_MS, IDLE_MS - roundTrip.smoothedMs);
  }

  #hear(progress: Progress): void {
    const { link, pacer } = this.#job.session;
    const lostBytes = this.#sent.acknowledge(progress.received, progress.map, progress.poll);
    const discardedBytes = progress.discardedBytes - (this.#seen?.discardedBytes ?? 0);
    // Whole frames get lost with a datagram or a connection, whatever their length.
    if (lostBytes > 0 && discardedBytes > 0) this.#frames.damaged();
    const isOfOneConnection = (link.renewals ?? 0) === this.#renewalsSeen;
    if (lostBytes === 0) pacer.room.flowed();
    else if (link.datagramBytes === undefined && isOfOneConnection && discardedBytes < SPOILT_SHARE * lostBytes) pacer.room.overflowed();
    this.#renewalsSeen = link.renewals ?? 0;
    this.#seen = progress;
    this.#job.onProgress(progress);
  }
}
