/**
 * How long a stream will take, before it runs: its operations walked through as the stub does, wire, window and both banks side by side. Pure arithmetic
 * on typical times of the datasheet; a worn flash takes longer, a lossy line too.
 */
import { bankIndexAt, sectorAt, type Sector } from '../device/memory-map.js';
import type { Plan } from './plan.js';
import { walkStream, type ContentOperation, type Operation } from './walk-stream.js';
import { wireSchedule, type LineFacts, type WireSchedule } from './wire-schedule.js';

const INSTRUCTIONS_PER_SECOND = 64e6;
/** The stub's CRC-32 takes four and a quarter instructions a byte. PROVE and DIGEST read every touched sector once each. */
const DIGEST_SECONDS_PER_BYTE = 4.25 / INSTRUCTIONS_PER_SECOND;
const KEEP_SECONDS_PER_BYTE = 1.5 / INSTRUCTIONS_PER_SECOND;
/** From the end of a flash word to the begin of the next, however its content comes (measured on the engine, as the next two). */
const WORD_SECONDS = 350 / INSTRUCTIONS_PER_SECOND;
/** Unpacking takes some 300 instructions for each packed byte; nine tenths of them pass while the flash programs … */
const UNPACK_SECONDS_PER_BYTE = 0.1 * (300 / INSTRUCTIONS_PER_SECOND);
/** … and where two banks are written, what is unpacked for one is copied from the other, which is erasing. */
const WAIT_SECONDS_PER_BYTE = 0.9 * (300 / INSTRUCTIONS_PER_SECOND);

/** From the first byte of the stream to the answer that proves the flash. @param windowBytes how far the host may run ahead of what is executed */
export function streamSeconds(plan: Plan, stream: Uint8Array, windowBytes: number, line: LineFacts): number {
  const wire = wireSchedule(stream.length, windowBytes, line);
  const stub = new EstimatedStub(plan, wire);
  for (const operation of walkStream(stream, plan)) stub.execute(operation);
  const touchedBytes = plan.sectors.reduce((sum, { sector }) => sum + sector.lengthBytes, 0);
  return wire.noticed(stub.allDone()) + touchedBytes * DIGEST_SECONDS_PER_BYTE + line.roundTripSeconds;
}

interface Bank {
  freeAt: number;
  /** Sectors that wait to be erased, and since when. */
  readonly due: { readonly sector: Sector; readonly since: number }[];
}

/** Seconds since the first byte of the stream left the host. */
class EstimatedStub {
  readonly #plan: Plan;
  readonly #wire: WireSchedule;
  readonly #banks: readonly Bank[];
  readonly #eraseSeconds: number;
  readonly #wordSeconds: number;
  readonly #unpackSeconds: number;
  /** When the script has done all operations so far. */
  #scriptAt = 0;

  constructor(plan: Plan, wire: WireSchedule) {
    const { sectorEraseMs, wordProgramUs } = plan.part.flashTiming.x64;
    this.#plan = plan;
    this.#wire = wire;
    this.#banks = plan.part.banks.map(() => ({ freeAt: 0, due: [] }));
    this.#eraseSeconds = sectorEraseMs.typical / 1000;
    this.#wordSeconds = wordProgramUs.typical / 1e6 + WORD_SECONDS;
    const areBothBanks = new Set(plan.writes.map(({ address }) => bankIndexAt(plan.part, address))).size > 1;
    this.#unpackSeconds = UNPACK_SECONDS_PER_BYTE + (areBothBanks ? WAIT_SECONDS_PER_BYTE : 0);
  }

  execute(operation: Operation): void {
    if (operation.name === 'content') return this.#program(operation);
    this.#await(operation.to);
    if (operation.name === 'erase') {
      const sector = sectorAt(this.#plan.part, operation.address)!;
      this.#banks[sector.bankIndex]!.due.push({ sector, since: this.#scriptAt });
    } else if (operation.name === 'keep') {
      const sector = sectorAt(this.#plan.part, operation.address)!;
      this.#scriptAt = Math.max(this.#scriptAt, this.#idle(this.#banks[sector.bankIndex]!)) + sector.lengthBytes * KEEP_SECONDS_PER_BYTE;
    } else if (operation.name === 'fence') {
      this.#scriptAt = this.allDone();
    } else if (operation.name === 'prove') {
      this.#scriptAt = this.allDone() + operation.lengthBytes * DIGEST_SECONDS_PER_BYTE;
    }
    this.#wire.executed(operation.to, this.#scriptAt);
  }

  /** When no bank is busy and no erase waits. */
  allDone(): number {
    return Math.max(this.#scriptAt, ...this.#banks.map((bank) => this.#erase(bank, () => true)));
  }

  /** Everything before `offset` has come. */
  #await(offset: number): void {
    this.#scriptAt = Math.max(this.#scriptAt, this.#wire.frameOf(offset - 1).comeSeconds);
  }

  /** Flash words in a row, as their frames come. */
  #program(content: ContentOperation): void {
    const { from, to, words } = content;
    if (from === to) return this.#programWords(content, words, 0, this.#scriptAt);
    for (let at = from; at < to; ) {
      const { end, comeSeconds } = this.#wire.frameOf(at);
      const bytes = Math.min(end, to) - at;
      this.#programWords(content, (words * bytes) / (to - from), bytes, comeSeconds);
      at += bytes;
      this.#wire.executed(at, this.#scriptAt);
    }
  }

  /** A bank whose next word has not come erases what waits there. */
  #programWords({ address, form }: ContentOperation, words: number, bytes: number, comeSeconds: number): void {
    const { number, bankIndex } = sectorAt(this.#plan.part, address)!;
    const bank = this.#banks[bankIndex]!;
    const readyAt = Math.max(this.#scriptAt, comeSeconds);
    this.#erase(bank, (startsAt) => startsAt < readyAt || bank.due.some(({ sector }) => sector.number === number));
    const secondsPerByte = form === 'packed' ? this.#unpackSeconds : form === 'copied' ? UNPACK_SECONDS_PER_BYTE : 0;
    this.#scriptAt = bank.freeAt = Math.max(readyAt, bank.freeAt) + words * this.#wordSeconds + bytes * secondsPerByte;
  }

  /** The operation that this bank is at comes to its end. */
  #idle(bank: Bank): number {
    return this.#erase(bank, (startsAt) => startsAt < this.#scriptAt);
  }

  /** Starts what waits in a bank, one after the other, as long as `does`. */
  #erase(bank: Bank, does: (startsAt: number) => boolean): number {
    for (let [next] = bank.due; next !== undefined; [next] = bank.due) {
      const startsAt = Math.max(bank.freeAt, next.since);
      if (!does(startsAt)) break;
      bank.freeAt = startsAt + this.#eraseSeconds;
      bank.due.shift();
    }
    return bank.freeAt;
  }
}

/** What is programmed in a sector from the stream, the vector's flash word aside. */
export function sentBytes(plan: Plan, sector: Sector): number {
  return plan.writes.reduce((sum, { address, bytes }) => sum + (address >= sector.base && address < sector.base + sector.lengthBytes ? bytes.length : 0), 0);
}
