/**
 * What the examinations share: the line, what is known so far, and how to go on when the line or the bootloader was lost. A connection that
 * brings nothing is given up for another one; whether that helps tells what was wrong.
 */
import { StageFlashError } from '../errors.js';
import type { Finding, LinkFacts } from '../flash-options.js';
import { hex } from './byte-runs.js';
import { roundTrips } from './examine-times.js';
import { finding, type FindingName } from './findings.js';
import { intoStep, isAnswered, type Step } from './into-step.js';
import { areForeignRefusals, type ProbeLine, type Timed } from './probe-line.js';
import { GET_ID, isIdAnswer } from './questions.js';

export type Facts = { -readonly [Key in keyof LinkFacts]: LinkFacts[Key] };

/** Nothing more can be examined; what was found says why. */
export class EndOfExamination extends Error {
  override readonly name = 'EndOfExamination';
}

/** All of it takes no longer, whatever is found on a network that is there. */
const PROMISE = { durationMs: 60_000, roundTrips: 30 } as const;
/** Converters with one client need a moment to forget the last. */
const RECONNECT_WAITS_MS = [0, 2000, 5000, 10_000] as const;
/** Longer than most cells and satellites are lost. */
export const OUTLAST_MS = 15_000;
/** Of bringing it into step, while noise answers. */
const MOST_REPEATS = 2;
/** Where datagrams get lost, a bootloader may wait for the rest of a frame as long as this. */
const SHORTEST_OUTAGE_MS = 18_000;
/** A connection that takes so much longer to open than usual was opened over a network that had been dead. */
const OUTAGE_CONNECT_MS = 3000;

export class Case {
  readonly line: ProbeLine;
  readonly startedMs: number;
  readonly findings: Finding[] = [];
  readonly facts: Facts = {};
  /** What failed now and then, in words. */
  readonly losses: string[] = [];
  lostDatagrams = 0;
  readonly changes: string[] = [];
  /** Long runs of bytes, to the board and from it. */
  readonly up: Timed[] = [];
  readonly down: Timed[] = [];
  /** A command has been answered: the bootloader knows its line. */
  wasInStep = false;
  /** Since when nothing was asked, in the end. */
  quietSinceMs = Infinity;
  /** What somebody else has sent to the board at once, where that was counted. */
  foreignBytes: number | undefined;
  /** Somebody else has sent an odd number of bytes to the board. */
  hasOddBytes = false;
  /** What the converter said before anything was asked. */
  greeting: Uint8Array = new Uint8Array();
  readonly say: (text: string) => void;

  constructor(line: ProbeLine, say: (text: string) => void) {
    this.line = line;
    this.startedMs = line.now();
    this.say = say;
  }

  has(...names: readonly FindingName[]): boolean {
    return this.findings.some(({ name }) => (names as readonly string[]).includes(name));
  }

  /** Once for each name. */
  found(name: FindingName, evidence: string): void {
    if (this.has(name)) return;
    this.findings.push(finding(name, evidence));
    this.say(`Found: ${name}: ${evidence}.`);
  }

  /** The usual one; 0 while none was measured. */
  get roundTripMs(): number {
    return roundTrips(this.line.samples)?.medianMs ?? 0;
  }

  /** Of the time that was promised. */
  get leftMs(): number {
    const { line, startedMs } = this;
    return startedMs + PROMISE.durationMs + PROMISE.roundTrips * this.roundTripMs - line.now();
  }

  /** Somebody else sends to the board: what is asked meanwhile is answered by chance. */
  get isDisturbed(): boolean {
    return this.line.datagramBytes === undefined && this.line.strays.some(({ bytes }) => areForeignRefusals(bytes));
  }

  /** How often the same must happen before it is no chance. */
  get attempts(): number {
    return this.line.datagramBytes === undefined ? 2 : 4;
  }

  /** Something was not answered as it should be, and will be tried again. A datagram that gets lost, or comes twice, is no byte that does. */
  lost(what: string, answer: Uint8Array): void {
    if (this.line.datagramBytes !== undefined) this.lostDatagrams++;
    else this.losses.push(`${what}, answered by ${hex(answer) || 'nothing'}`);
  }

  /** The bootloader waits for a command afterwards. @throws EndOfExamination when nothing brings it there */
  async regain(): Promise<void> {
    const step = await this.#intoStepThroughNoise();
    if (isAnswered(step)) {
      // A second 0x7F may be the right checksum of what an earlier question has left.
      if (step.kind === 'ack' && step.failedAttempts === 0 && this.wasInStep) this.found('board-reset', 'a bootloader that was in step took 0x7F for its first byte');
      return;
    }
    const silentSinceMs = this.line.lastHeardMs;
    if (step.kind === 'silence' && ((await this.outlast(silentSinceMs)) || (await this.revive(silentSinceMs)))) return;
    const now = step.kind === 'silence' ? 'is silent now' : `now ${step.bytes.length} bytes come that are no answer`;
    // Reset in the middle of a run of bytes, a bootloader measures a wrong rate by them.
    this.found(this.wasInStep && this.line.canReconnect ? 'board-reset' : 'no-answer', `it answered before, and ${now}`);
    throw new EndOfExamination();
  }

  /** Where single bytes may have got lost: asks, and regains what was lost. */
  async keepInStep(): Promise<void> {
    if (!isIdAnswer((await this.line.ask(GET_ID, isIdAnswer)).bytes)) await this.regain();
  }

  /** Was only the network away? Then the same connection brings the answers in the end. */
  async outlast(silentSinceMs: number): Promise<boolean> {
    const untilMs = this.line.now() + OUTLAST_MS;
    while (this.line.now() < untilMs) {
      if ((await intoStep(this.line)).kind === 'silence') continue;
      if (this.line.datagramBytes !== undefined && this.line.now() - silentSinceMs < SHORTEST_OUTAGE_MS) this.lostDatagrams++;
      else this.#foundOutage(silentSinceMs);
      return isAnswered(await this.#intoStepThroughNoise());
    }
    return false;
  }

  /** Is there an answer over another connection? Then it was the connection, or the network was away. */
  async revive(silentSinceMs: number): Promise<boolean> {
    if (!this.line.canReconnect) return false;
    const connectMs = await this.reconnect();
    const step = await intoStep(this.line);
    if (!isAnswered(step)) return false;
    const isNetwork = (connectMs ?? 0) > OUTAGE_CONNECT_MS + 3 * (this.line.samples[0] ?? 0) || (connectMs === undefined && step.failedAttempts === 2);
    if (isNetwork) this.#foundOutage(silentSinceMs);
    else this.foundHalfOpen(silentSinceMs);
    return true;
  }

  /** In step over another connection. @throws EndOfExamination */
  async startOver(): Promise<void> {
    await this.reconnect();
    if (!isAnswered(await intoStep(this.line))) await this.regain();
  }

  /** A network that was away once may be so again, and a converter that was told XOFF carries nothing either. */
  foundHalfOpen(silentSinceMs: number): void {
    if (!this.has('outage') && !this.has('xonxoff')) this.found('half-open', `the connection carried nothing for ${seconds(this.line.now() - silentSinceMs)}, and another one was answered at once`);
  }

  /** @returns how long it took to open. @throws EndOfExamination when there is none to be had */
  async reconnect(afterMs = 0): Promise<number | undefined> {
    const startedMs = this.line.now();
    let refusal = '';
    for (const waitMs of RECONNECT_WAITS_MS) {
      try {
        return await this.line.reconnect(afterMs + waitMs);
      } catch (error) {
        if (!isLinkError(error)) throw error;
        refusal = error.message;
      }
    }
    this.found('busy', `after the last connection no other could be had for ${seconds(this.line.now() - startedMs)}: ${refusal}`);
    throw new EndOfExamination();
  }

  async #intoStepThroughNoise(): Promise<Step> {
    for (let attempt = 0; ; attempt++) {
      await this.line.settle();
      const step = await intoStep(this.line);
      if (isAnswered(step) || step.kind === 'silence' || attempt === MOST_REPEATS) return step;
    }
  }

  #foundOutage(silentSinceMs: number): void {
    this.found('outage', `nothing passed for ${seconds(this.line.now() - silentSinceMs)}, then everything did`);
  }
}

export function isLinkError(error: unknown): error is StageFlashError {
  return error instanceof StageFlashError && error.kind === 'link';
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
