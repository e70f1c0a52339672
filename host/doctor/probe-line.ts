/**
 * The line as the doctor uses it: asks one question at a time, tells everything that came back and when. It strips what is known to
 * surround every answer (an echo, a text before each packet), and remembers what came unasked. Draws no conclusion.
 */
import { NACK } from '../bootloader/an3155.js';
import { readableText } from '../bootloader/wrong-answer.js';
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
  /** From its first packet to its last. */
  readonly spreadMs: number;
}

export interface Timed {
  /** Characters that passed the line one after the other. */
  readonly characters: number;
  readonly tookMs: number;
}

/** Bytes that nobody has asked for. */
export interface Stray {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** So many refusals in a packet, asked for by nobody, are somebody else's: fewer may be a late answer of ours, and more that to a burst. */
const FOREIGN_REFUSALS = { least: 3, most: 32 } as const;

export function areForeignRefusals(bytes: Uint8Array): boolean {
  return bytes.length >= FOREIGN_REFUSALS.least && bytes.length <= FOREIGN_REFUSALS.most && bytes.every((byte) => byte === NACK);
}

interface AskOptions {
  /** In place of the patience that the measured round trip suggests, line time included. */
  readonly waitMs?: number;
  /** Bytes that the line carries until the answer is complete, both ways, where it is more than question and answer. */
  readonly lineBytes?: number;
  /** That the question can bring, where it may be doubled on its way. @default one for each pair of its bytes */
  readonly mostRefusals?: number;
}

/** While nothing is measured and the network told nothing: nothing slower than this answers in time to be of use. */
const UNKNOWN_WAIT_MS = 5000;
/** What has not come by then is lost, where things get lost; what comes in order or not at all is waited for. */
const LONGEST_DATAGRAM_WAIT_MS = 8000;
/** What a line may turn out to run at. */
const SLOW_BAUD = 2400;
/** Pauses inside one answer: packing, jitter. */
const SHORTEST_QUIET_MS = 300;

export class ProbeLine {
  /** Short questions and their exact answers; a long one may fill a segment, which then waits for nobody. */
  readonly exchanges: Timed[] = [];
  readonly strays: Stray[] = [];
  /** What each packet to the host begins with. */
  prefix = new Uint8Array();
  /** Does each answer begin with its question? */
  isEchoing = false;
  isClosed = false;
  /** Of the line, once it is known; until then a slow one is reckoned with. */
  measuredRate: number | undefined;
  /** When the last byte came, or the connection was made. */
  lastHeardMs: number;
  #link: Link;
  readonly #first: Link;
  readonly #roundTrip = new RoundTrip();

  constructor(link: Link) {
    this.#link = this.#first = link;
    this.lastHeardMs = link.now();
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

  /** Round trips as they were measured, by what is known of the line now. */
  get samples(): readonly number[] {
    return this.exchanges.map(({ characters, tookMs }) => Math.max(0, tookMs - this.#lineMs(characters)));
  }

  now(): number {
    return this.#link.now();
  }

  /** How long an answer may take. */
  patienceMs(): number {
    if (this.#roundTrip.count > 0) return Math.min(this.#roundTrip.patienceMs(0), this.datagramBytes === undefined ? Infinity : LONGEST_DATAGRAM_WAIT_MS);
    const { connectMs } = this;
    return connectMs === undefined ? UNKNOWN_WAIT_MS : Math.max(2500, 1.5 * connectMs, Math.min(UNKNOWN_WAIT_MS, 4 * connectMs));
  }

  /**
   * @param isWhole the answer, if it is exactly that: then nothing more is waited for
   * @throws StageFlashError kind `link` when the connection is gone
   */
  async ask(question: Uint8Array, isWhole: (answer: Uint8Array) => boolean, { waitMs, lineBytes, mostRefusals = (question.length + 1) / 2 }: AskOptions = {}): Promise<Heard> {
    await this.#collectStrays();
    const sentMs = this.now();
    const untilMs = sentMs + (waitMs ?? this.patienceMs() + this.#longestLineMs(lineBytes ?? question.length + 16));
    await this.#link.send(question);
    let raw: Uint8Array = new Uint8Array();
    let [firstMs, lastMs] = [Infinity, sentMs];
    for (let deadlineMs = untilMs; ; ) {
      const more = await this.#receive(deadlineMs);
      if (more.length === 0) return { bytes: this.#strip(raw, question), raw, tookMs: lastMs - sentMs, spreadMs: Math.max(0, lastMs - firstMs) };
      if (lineBytes === undefined && (this.#isChatter(more) || this.#isForeignRefusals(more, mostRefusals))) continue;
      raw = concat(raw, more);
      lastMs = this.now();
      firstMs = Math.min(firstMs, lastMs);
      const bytes = this.#withoutSecondCopy(this.#strip(raw, question), isWhole);
      if (isWhole(bytes)) {
        if (lineBytes === undefined) this.#observe({ characters: question.length + bytes.length, tookMs: lastMs - sentMs });
        return { bytes, raw, tookMs: lastMs - sentMs, spreadMs: lastMs - firstMs };
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
      const bytes = this.#strip(await this.#receive(untilMs), new Uint8Array());
      if (bytes.length > 0) heard.push({ atMs: this.now(), bytes });
    }
    return heard;
  }

  /** Lets what is under way come in, and forgets it, unless it is text. */
  async settle(): Promise<void> {
    const giveUpMs = this.now() + this.patienceMs();
    while (this.now() < giveUpMs) {
      const bytes = await this.#receive(Math.min(giveUpMs, this.now() + this.quietMs()));
      if (bytes.length === 0) return;
      this.#isChatter(bytes);
    }
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
    this.lastHeardMs = this.now();
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

  async #receive(untilMs: number): Promise<Uint8Array> {
    const bytes = await this.#link.receive(untilMs);
    if (bytes.length > 0) this.lastHeardMs = this.now();
    return bytes;
  }

  /** Text in a packet of its own, once it is known what surrounds an answer: no short answer of a bootloader is text. */
  #isChatter(packet: Uint8Array): boolean {
    if (this.exchanges.length === 0) return false;
    const bytes = without(packet, this.prefix);
    if (readableText(bytes) === undefined) return false;
    this.strays.push({ atMs: this.now(), bytes });
    return true;
  }

  /** A packet of more refusals than the question can bring: somebody else has sent something at the same time. */
  #isForeignRefusals(packet: Uint8Array, mostRefusals: number): boolean {
    const bytes = without(packet, this.prefix);
    if (this.datagramBytes !== undefined || !areForeignRefusals(bytes) || bytes.length <= mostRefusals) return false;
    this.strays.push({ atMs: this.now(), bytes });
    return true;
  }

  #longestLineMs(bytes: number): number {
    return lineTimeMs(bytes, { ...this.settings, baudRate: this.measuredRate ?? Math.min(this.settings.baudRate, SLOW_BAUD) });
  }

  #observe(exchange: Timed): void {
    this.exchanges.push(exchange);
    this.#roundTrip.observe(exchange.tookMs - this.#lineMs(exchange.characters));
  }

  #lineMs(characters: number): number {
    return lineTimeMs(characters, { ...this.settings, baudRate: this.measuredRate ?? this.settings.baudRate });
  }

  async #collectStrays(): Promise<void> {
    const bytes = this.#strip(await this.#receive(this.now()), new Uint8Array());
    if (bytes.length > 0) this.strays.push({ atMs: this.now(), bytes });
  }

  async #receiveUntil(untilMs: number): Promise<Uint8Array> {
    let bytes: Uint8Array = new Uint8Array();
    while (this.now() < untilMs) bytes = concat(bytes, await this.#receive(untilMs));
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
