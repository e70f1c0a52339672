/**
 * The line as the doctor uses it: asks one question at a time, tells everything that came back and when. It strips what is known to
 * surround every answer (an echo, a text before each packet), and remembers what came unasked. Draws no conclusion.
 */
import { lineTimeMs, type LineSettings } from '../link/line-settings.js';
import type { Link } from '../link/link.js';
import { RoundTrip } from '../link/round-trip.js';
import { concat, isSame, startsWith, without } from './byte-runs.js';

export interface Heard {
  /** Without what is known to surround every answer. */
  readonly bytes: Uint8Array;
  /** As it came. */
  readonly raw: Uint8Array;
  /** From the question to its last byte. */
  readonly tookMs: number;
}

/** Bytes that nobody has asked for. */
export interface Stray {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

export interface AskOptions {
  /** In place of the patience that the measured round trip suggests, line time included. */
  readonly waitMs?: number;
  /** Bytes that the line carries until the answer is complete, both ways, where it is more than question and answer. */
  readonly lineBytes?: number;
}

/** While nothing is measured and the network told nothing: nothing slower than this answers in time to be of use. */
const UNKNOWN_WAIT_MS = 5000;
/** What has not come by then is lost, where things get lost; what comes in order or not at all is waited for. */
const LONGEST_DATAGRAM_WAIT_MS = 8000;
/** Pauses inside one answer: packing, jitter. */
const SHORTEST_QUIET_MS = 300;

export class ProbeLine {
  /** Of exact answers to short questions: a long one may fill a segment, and be waited for by nobody. */
  readonly samples: number[] = [];
  readonly strays: Stray[] = [];
  /** What each packet to the host begins with. */
  prefix = new Uint8Array();
  /** Does each answer begin with its question? */
  isEchoing = false;
  isClosed = false;
  #link: Link;
  readonly #first: Link;
  readonly #roundTrip = new RoundTrip();

  constructor(link: Link) {
    this.#link = this.#first = link;
  }

  get settings(): LineSettings {
    return this.#link.line;
  }

  get datagramBytes(): number | undefined {
    return this.#link.datagramBytes;
  }

  /** Of the first connection: nothing had made the network wait then. */
  get firstConnectMs(): number | undefined {
    return this.#first.connectMs;
  }

  get connectMs(): number | undefined {
    return this.#link.connectMs;
  }

  /** Another connection does no harm: it moves no DTR that could reset the board. */
  get canReconnect(): boolean {
    return this.#link.reopen !== undefined && this.#link.abilities?.includes('modem-lines') !== true;
  }

  now(): number {
    return this.#link.now();
  }

  /** How long an answer may take. */
  patienceMs(): number {
    if (this.#roundTrip.count > 0) return Math.min(this.#roundTrip.patienceMs(0), this.datagramBytes === undefined ? Infinity : LONGEST_DATAGRAM_WAIT_MS);
    return this.connectMs === undefined ? UNKNOWN_WAIT_MS : Math.min(UNKNOWN_WAIT_MS, Math.max(2500, 4 * this.connectMs));
  }

  /**
   * @param isWhole the answer, if it is exactly that: then nothing more is waited for
   * @throws StageFlashError kind `link` when the connection is gone
   */
  async ask(question: Uint8Array, isWhole: (answer: Uint8Array) => boolean, { waitMs, lineBytes }: AskOptions = {}): Promise<Heard> {
    await this.#collectStrays();
    const sentMs = this.now();
    const untilMs = sentMs + (waitMs ?? this.patienceMs() + lineTimeMs(lineBytes ?? question.length + 16, this.settings));
    await this.#link.send(question);
    let raw: Uint8Array = new Uint8Array();
    let lastMs = sentMs;
    for (let deadlineMs = untilMs; ; ) {
      const more = await this.#link.receive(deadlineMs);
      if (more.length === 0) return { bytes: this.#strip(raw, question), raw, tookMs: lastMs - sentMs };
      raw = concat(raw, more);
      lastMs = this.now();
      const bytes = this.#withoutSecondCopy(this.#strip(raw, question), isWhole);
      if (isWhole(bytes)) {
        if (lineBytes === undefined) this.#observe(lastMs - sentMs - lineTimeMs(question.length + bytes.length, this.settings));
        return { bytes, raw, tookMs: lastMs - sentMs };
      }
      // An echo alone is no answer yet; behind anything else there is nothing after a pause.
      deadlineMs = bytes.length === 0 || (!this.isEchoing && startsWith(question, bytes)) ? untilMs : Math.min(untilMs, lastMs + this.quietMs());
    }
  }

  /** A question whose answer nobody waits for. */
  sendOnly(question: Uint8Array): Promise<void> {
    return this.#link.send(question);
  }

  /** Two pieces with a pause between them, as two packets; the answer to both. */
  async askInTwo(first: Uint8Array, second: Uint8Array, pauseMs: number, isWhole: (answer: Uint8Array) => boolean): Promise<Heard> {
    await this.#link.send(first);
    const early = await this.#receiveUntil(this.now() + pauseMs);
    const heard = await this.ask(second, isWhole);
    return { ...heard, bytes: concat(this.#strip(early, first), heard.bytes), raw: concat(early, heard.raw) };
  }

  /** Asks nothing. What comes is no stray, but the answer to being here. */
  async listen(durationMs: number, isEnough: (bytes: Uint8Array) => boolean = () => false): Promise<readonly Stray[]> {
    const untilMs = this.now() + durationMs;
    const heard: Stray[] = [];
    while (this.now() < untilMs && !isEnough(concat(...heard.map(({ bytes }) => bytes)))) {
      const bytes = this.#strip(await this.#link.receive(untilMs), new Uint8Array());
      if (bytes.length > 0) heard.push({ atMs: this.now(), bytes });
    }
    return heard;
  }

  /** Lets what is under way come in, and forgets it. */
  async settle(): Promise<void> {
    const giveUpMs = this.now() + this.patienceMs();
    while (this.now() < giveUpMs && (await this.#link.receive(Math.min(giveUpMs, this.now() + this.quietMs()))).length > 0);
  }

  /**
   * A new connection in place of this one.
   * @returns how long the network took to open it, where it tells
   * @throws StageFlashError kind `link` when it cannot be had
   */
  async reconnect(afterMs = 0): Promise<number | undefined> {
    const old = this.#link;
    await old.close();
    this.#link = await old.reopen!(afterMs);
    return this.#link.connectMs;
  }

  /** The first link stays its maker's. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.#link !== this.#first) await this.#link.close();
  }

  quietMs(): number {
    return Math.max(SHORTEST_QUIET_MS, 2 * this.#roundTrip.smoothedMs, 4 * this.#roundTrip.variationMs);
  }

  #observe(roundTripMs: number): void {
    this.samples.push(Math.max(0, roundTripMs));
    this.#roundTrip.observe(roundTripMs);
  }

  async #collectStrays(): Promise<void> {
    const bytes = this.#strip(await this.#link.receive(this.now()), new Uint8Array());
    if (bytes.length > 0) this.strays.push({ atMs: this.now(), bytes });
  }

  async #receiveUntil(untilMs: number): Promise<Uint8Array> {
    let bytes: Uint8Array = new Uint8Array();
    while (this.now() < untilMs) bytes = concat(bytes, await this.#link.receive(untilMs));
    return bytes;
  }

  /** A network that carries datagrams may deliver an answer twice. */
  #withoutSecondCopy(bytes: Uint8Array, isWhole: (answer: Uint8Array) => boolean): Uint8Array {
    if (this.datagramBytes === undefined || bytes.length % 2 === 1) return bytes;
    const [first, second] = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
    return isWhole(first) && isSame(first, second) ? first : bytes;
  }

  #strip(raw: Uint8Array, question: Uint8Array): Uint8Array {
    const bytes = without(raw, this.prefix);
    return this.isEchoing && startsWith(question, bytes) ? bytes.subarray(question.length) : bytes;
  }
}
