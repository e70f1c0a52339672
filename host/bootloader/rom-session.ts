/**
 * A conversation with ST's ROM bootloader (AN3155): its commands, each proven by its answers, as few round trips as it allows.
 *
 * Repeats only what may happen twice. What the bytes are that it writes, and what a jump leads to, is its caller's business.
 */
import { StageFlashError, hex32 } from '../errors.js';
import type { Link } from '../link/link.js';
import { lineTimeMs } from '../link/line-settings.js';
import type { RoundTrip } from '../link/round-trip.js';
import type { Command } from './an3155.js';
import { COMMANDS, MAX_TRANSFER_BYTES, addressFrame, commandFrame, dataFrame, readLengthFrame, sectorListFrame } from './an3155.js';
import type { Failure } from './hopeless.js';
import { isHopeless } from './hopeless.js';
import type { Expectation, Reply } from './rom-line.js';
import { RomLine } from './rom-line.js';
import { completeCommand, recover, synchronise } from './synchronise.js';
import type { Question, WrongReply } from './wrong-answer.js';
import { wrongAnswer } from './wrong-answer.js';

/** One frame of a command and the answer that ends it. */
interface Step {
  readonly part: Question['part'];
  readonly frame: Uint8Array;
  readonly expected?: Expectation;
}

function command(code: Command, expected: Expectation = {}): Step {
  return { part: 'command', frame: commandFrame(code), expected };
}

function address(value: number): Step {
  return { part: 'address', frame: addressFrame(value) };
}

function data(frame: Uint8Array, expected: Expectation = {}): Step {
  return { part: 'data', frame, expected };
}

function readSteps(from: number, lengthBytes: number): readonly Step[] {
  return [command(COMMANDS.readMemory), address(from), data(readLengthFrame(lengthBytes), { dataLength: lengthBytes })];
}

export interface GoOutcome {
  /** False on bootloader V9.0, which never acknowledges the command (AN2606, STM32H74xxx/75xxx limitations). */
  readonly commandAcknowledged: boolean;
  readonly addressAcknowledged: boolean;
}

export interface BootloaderFacts {
  /** 0x31 is V3.1. */
  readonly protocolVersion: number;
  readonly commands: readonly number[];
}

/** Where single bytes get lost, short frames come through: at one byte in a hundred, 258 bytes do one time in 13, 34 two times in 3. */
const SHORTEST_PIECE_BYTES = 32;

export class RomSession {
  readonly #line: RomLine;
  readonly #say: (text: string) => void;
  #mayBeHalfACommandAhead = false;
  #pieceBytes = MAX_TRANSFER_BYTES;
  #hasDamaged = false;

  /** @param say is told what takes longer than it should, one sentence each. */
  constructor(link: Link, say: (text: string) => void = () => {}) {
    this.#line = new RomLine(link);
    this.#say = say;
  }

  get roundTrip(): RoundTrip {
    return this.#line.roundTrip;
  }

  /** Bytes received that belonged to no answer. */
  get discardedBytes(): number {
    return this.#line.discardedBytes;
  }

  /** Has the line damaged anything so far, or lost a part of it? */
  get hasDamaged(): boolean {
    return this.#hasDamaged;
  }

  /** First of all. One round trip. @throws StageFlashError kind `bootloader` when no bootloader answers. */
  async synchronise(): Promise<void> {
    ({ mayBeHalfACommandAhead: this.#mayBeHalfACommandAhead } = await synchronise(this.#line, this.#say));
  }

  /** The device id: 0x450, 0x480, 0x483. Works under any protection. One round trip. */
  async getId(): Promise<number> {
    const [count = 0, high = 0, low = 0] = await this.#perform('Get ID', [command(COMMANDS.getId, { dataLength: 3, closingAck: true })]);
    if (count !== 1) throw new StageFlashError('bootloader', `Get ID announces ${count + 1} bytes where AN3155 has two`);
    return (high << 8) | low;
  }

  /** Works under any protection. One round trip. */
  async get(): Promise<BootloaderFacts> {
    // The count before them is wrong on bootloader V9.0 (AN2606, STM32H74xxx/75xxx limitations); every H7 of V3.1 lists eleven commands.
    const steps = [command(COMMANDS.get, { dataLength: 2 + 11, closingAck: true })];
    const [, protocolVersion = 0, ...commands] = await this.#perform('Get', steps);
    return { protocolVersion, commands };
  }

  /** Three round trips for 256 bytes; what is lost is asked for again in shorter pieces. The answer carries no checksum. */
  readMemory(from: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#inPieces('Read Memory', from, lengthBytes, (at, length) => readSteps(from + at, length));
  }

  /** Of what the ROM bootloader may refuse to show: a refusal is taken for an answer, what is lost is asked for again. @param lengthBytes at most 256 */
  async readIfAllowed(from: number, lengthBytes: number): Promise<Uint8Array | undefined> {
    const { reply, step } = await this.#tryOnce(readSteps(from, lengthBytes));
    if (reply.kind === 'ack') return reply.data;
    await this.#backIntoStep(reply, wrongAnswer(this.#line.link, { asked: `Read Memory at ${hex32(from)}`, ...step }, reply));
    return reply.kind === 'nack' ? undefined : this.readMemory(from, lengthBytes);
  }

  /** Into RAM, a multiple of four bytes. Three round trips for 256 bytes; what is lost is repeated in shorter pieces. */
  async writeRam(to: number, bytes: Uint8Array): Promise<void> {
    await this.#inPieces('Write Memory', to, bytes.length, (at, length) => [
      command(COMMANDS.writeMemory),
      address(to + at),
      data(dataFrame(bytes.subarray(at, at + length))),
    ]);
  }

  /**
   * Into erased flash. A flash word is written once: when the answer to the data is lost, nothing is repeated.
   * @param workMs how long programming takes at worst
   * @returns false when it is unknown whether the bytes were written; the session is in step nevertheless. True proves nothing, either.
   */
  async writeFlash(to: number, bytes: Uint8Array, workMs: number): Promise<boolean> {
    const asked = `Write Memory at ${hex32(to)}`;
    await this.#perform(asked, [command(COMMANDS.writeMemory), address(to)]);
    return this.#once(asked, data(dataFrame(bytes), { workMs }));
  }

  /**
   * @param workMs how long erasing these sectors takes at worst
   * @returns false when it is unknown whether they were erased
   */
  async extendedErase(sectorNumbers: readonly number[], workMs: number): Promise<boolean> {
    await this.#perform('Extended Erase', [command(COMMANDS.extendedErase)]);
    return this.#once('Extended Erase', data(sectorListFrame(sectorNumbers), { workMs }));
  }

  /**
   * Jumps to the program whose stack pointer and entry stand at `to`. Two round trips; repeated while the ROM says that it has not
   * jumped. What is missing in the outcome proves nothing: that the program runs is for the program itself to say.
   * @throws StageFlashError kind `bootloader` when the ROM refuses
   */
  async go(to: number): Promise<GoOutcome> {
    const steps = [command(COMMANDS.go), address(to)] as const;
    const failures: Failure[] = [];
    for (;;) {
      const [first, second] = [await this.#jumpStep(steps[0]), await this.#jumpStep(steps[1])];
      if (second.kind !== 'nack') return { commandAcknowledged: first.kind === 'ack', addressAcknowledged: second.kind === 'ack' };
      const step = steps[first.kind === 'nack' ? 0 : 1];
      // Without the command, the five bytes of the address were two commands and a half.
      this.#mayBeHalfACommandAhead = first.kind !== 'ack';
      await this.#prepareRepeat(`Go at ${hex32(to)}`, step, second, failures);
    }
  }

  /** Lets time pass for work that the ROM does not wait for itself. What comes meanwhile is discarded. */
  idle(durationMs: number): Promise<void> {
    return this.#line.idle(durationMs);
  }

  /** After Go: bytes behind its last ACK. */
  takeUnread(): Uint8Array {
    return this.#line.takeUnread();
  }

  /** One command for each piece of a transfer; pieces become shorter where their data does not come through. */
  async #inPieces(what: string, start: number, lengthBytes: number, steps: (at: number, length: number) => readonly Step[]): Promise<Uint8Array> {
    const answers: Uint8Array[] = [];
    let failures: Failure[] = [];
    for (let at = 0; at < lengthBytes; ) {
      const length = Math.min(this.#pieceBytes, lengthBytes - at);
      const { reply, step } = await this.#tryOnce(steps(at, length));
      if (reply.kind === 'ack') {
        answers.push(reply.data);
        at += length;
        failures = [];
        continue;
      }
      await this.#prepareRepeat(`${what} at ${hex32(start + at)}`, step, reply, failures);
      // A datagram gets lost as a whole, however short it is.
      if (step.part === 'data' && this.#line.link.datagramBytes === undefined) this.#pieceBytes = Math.max(SHORTEST_PIECE_BYTES, this.#pieceBytes / 2);
    }
    return new Uint8Array(Buffer.concat(answers));
  }

  /**
   * All steps of a command, from the start again when one of them is refused or lost. For commands that may happen twice.
   * @returns the data of the last answer
   */
  async #perform(asked: string, steps: readonly Step[]): Promise<Uint8Array> {
    const failures: Failure[] = [];
    for (;;) {
      const { reply, step } = await this.#tryOnce(steps);
      if (reply.kind === 'ack') return reply.data;
      await this.#prepareRepeat(asked, step, reply, failures);
    }
  }

  /** Adds to `failures`. @throws when these are too many */
  async #prepareRepeat(asked: string, step: Step, reply: WrongReply, failures: Failure[]): Promise<void> {
    const error = wrongAnswer(this.#line.link, { asked, ...step }, reply);
    // A datagram gets lost, but is not damaged.
    if (reply.kind === 'nack' || this.#line.link.datagramBytes === undefined) this.#hasDamaged = true;
    failures.push(reply.kind === 'nack' ? `${step.part} refused` : 'lost');
    if (isHopeless(failures)) throw error;
    // A command that is refused again may be one byte out of step: an odd number of somebody else's came before it.
    if (failures.at(-1) === 'command refused' && failures.length > 1) this.#mayBeHalfACommandAhead = true;
    await this.#backIntoStep(reply, error);
    this.#say(`${asked} is repeated: ${reply.kind === 'nack' ? 'it was refused' : 'its answer was lost'}.`);
  }

  /** Ends with the first step that is not acknowledged, or with the last. */
  async #tryOnce(steps: readonly Step[]): Promise<{ reply: Reply; step: Step }> {
    for (const step of steps) {
      const reply = await this.#line.exchange(step.frame, step.expected);
      if (reply.kind === 'ack') this.#mayBeHalfACommandAhead = false;
      if (reply.kind !== 'ack' || step === steps.at(-1)) return { reply, step };
    }
    throw new RangeError('a command without frames');
  }

  /** The last frame of a command that must not happen twice. */
  async #once(asked: string, step: Step): Promise<boolean> {
    const reply = await this.#line.exchange(step.frame, step.expected);
    if (reply.kind === 'ack') return true;
    await this.#backIntoStep(reply, wrongAnswer(this.#line.link, { asked, ...step }, reply));
    return false;
  }

  /** Waits no longer than an ACK that is there needs: V9.0 does not send it. */
  #jumpStep({ frame }: Step): Promise<Reply> {
    const waitMs = this.roundTrip.timeoutMs(lineTimeMs(frame.length + 1, this.#line.link.line));
    return this.#line.exchange(frame, { waitMs, measured: false });
  }

  async #backIntoStep(reply: WrongReply, lost: StageFlashError): Promise<void> {
    if (reply.kind !== 'nack') return recover(this.#line, lost);
    await this.#line.drain();
    if (!this.#mayBeHalfACommandAhead) return;
    // The command was refused because another byte stood before it, so its second byte is now the first of another.
    this.#mayBeHalfACommandAhead = false;
    await completeCommand(this.#line, lost);
  }
}
