/**
 * One bank of the flash controller: its registers, the way of a store through buffer and queue, the stall of a load.
 *
 * Behaviour follows RM0399 Rev 4 chapter 4 (RM0433 and RM0468 describe the same controller). Loads are flash-reader.ts, programs and
 * erases flash-operations.ts, the cells flash-memory.ts.
 */
import { PARALLELISMS } from '../../device/h7-part.js';
import type { AccessSize } from '../cpu/bus.js';
import { BusFault } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { ChipViolation } from './chip-violations.js';
import type { FlashBankOptions } from './flash-bank-context.js';
import { FlashBankContext, hexAddress } from './flash-bank-context.js';
import { FlashLock } from './flash-lock.js';
import { FlashOperations } from './flash-operations.js';
import { FlashQueue } from './flash-queue.js';
import { FlashReader } from './flash-reader.js';
import type { FlashControlFields } from './flash-registers.js';
import { FLASH_SR } from './flash-registers.js';
import { FlashWriteBuffer } from './flash-write-buffer.js';
import type { Field } from './register-access.js';
import { fieldOf, maskOf, withField } from './register-access.js';

/** Either of them blocks every program until it is cleared (RM0399 §4.7.3, §4.7.5). */
const BLOCKING_FLAGS = maskOf(FLASH_SR.PGSERR) | maskOf(FLASH_SR.INCERR);
const LEFT_BY_BOOTLOADER = [FLASH_SR.EOP, FLASH_SR.WRPERR, FLASH_SR.PGSERR, FLASH_SR.STRBERR, FLASH_SR.INCERR, FLASH_SR.RDPERR];

export class FlashBank {
  readonly #bank: FlashBankContext;
  readonly #fields: FlashControlFields;
  readonly #lock = new FlashLock();
  readonly #buffer: FlashWriteBuffer;
  readonly #reader: FlashReader;
  readonly #operations: FlashOperations;
  readonly #queue: FlashQueue;
  /** Without LOCK, START and FW, which are answered from elsewhere or read 0. */
  #cr = 0;

  constructor(options: FlashBankOptions) {
    this.#bank = new FlashBankContext(options);
    this.#fields = options.layout.cr;
    this.#buffer = new FlashWriteBuffer(options.part.flashWordBytes);
    this.#reader = new FlashReader(this.#bank);
    const { PSIZE } = this.#fields;
    this.#operations = new FlashOperations(this.#bank, () => (PSIZE ? PARALLELISMS[fieldOf(this.#cr, PSIZE)] : undefined) ?? 'x64');
    this.#queue = new FlashQueue(this.#operations);
    this.reset();
  }

  get isBusy(): boolean {
    return this.#queue.running !== undefined;
  }

  get cr(): number {
    return withField(this.#cr, this.#fields.LOCK, this.#lock.isLocked ? 1 : 0);
  }

  get sr(): number {
    const busy = this.isBusy ? maskOf(FLASH_SR.BSY) | maskOf(FLASH_SR.QW) : 0;
    return (this.#bank.flags | busy | (this.#buffer.isPartlyFilled ? maskOf(FLASH_SR.WBNE) : 0)) >>> 0;
  }

  get eccFailAddress(): number {
    return this.#reader.failAddress;
  }

  sync(tick: Tick): void {
    this.#queue.sync(tick);
  }

  nextChange(): Tick {
    return this.#queue.running?.endTick ?? Infinity;
  }

  /** @param address of the register, for the bus fault */
  writeKey(address: number, value: number, size: AccessSize, tick: Tick): void {
    const outcome = this.#lock.key(value, size);
    if (outcome === 'accepted') return;
    const violation = outcome === 'wrong' ? 'flash-key-wrong' : 'flash-key-while-unlocked';
    this.#bank.violate(violation, `${size} bytes 0x${value.toString(16)} to FLASH_KEYR${this.#bank.number}`, tick);
    throw new BusFault(address, 'FLASH_KEYR refuses the key');
  }

  /** Any register write but to KEYR: it must not come between the keys. */
  checkKeySequence(address: number, tick: Tick): void {
    if (this.#lock.otherWrite()) return;
    this.#bank.violate('flash-key-wrong', `a write to another register came between the keys of FLASH_KEYR${this.#bank.number}`, tick);
    throw new BusFault(address, 'the key sequence of FLASH_KEYR was interrupted');
  }

  writeCr(value: number, tick: Tick): void {
    const { LOCK, PG, FW, START, PSIZE } = this.#fields;
    if (this.#lock.isLocked) {
      return this.#bank.violate('flash-cr-write-while-locked', `FLASH_CR${this.#bank.number} = 0x${value.toString(16)}`, tick);
    }
    // "When LOCK changes from 0 to 1, the other bits of FLASH_CR do not change" (RM0399 §4.9.4).
    if (fieldOf(value, LOCK)) return this.#lock.lock();
    const old = this.#cr;
    this.#cr = withField(withField(value, START, 0), FW, 0);
    if (PSIZE && this.isBusy && fieldOf(old, PSIZE) !== fieldOf(value, PSIZE)) {
      this.#bank.violate('flash-timing-changed-while-busy', `FLASH_CR${this.#bank.number}.PSIZE = ${fieldOf(value, PSIZE)}`, tick);
    }
    if (!fieldOf(value, PG) && this.#buffer.isPartlyFilled) {
      this.#buffer.flush();
      this.#bank.violate('flash-write-buffer-lost', `PG of bank ${this.#bank.number}`, tick);
    }
    if (fieldOf(value, FW) && this.#buffer.isPartlyFilled) this.#forceWrite(tick);
    if (fieldOf(value, START)) this.#startErase(tick);
  }

  /** FLASH_CCR: writing 1 clears. */
  clearFlags(value: number): void {
    this.#bank.flags = (this.#bank.flags & ~value) >>> 0;
    this.#reader.flagsCleared();
  }

  store(address: number, size: AccessSize, value: number, tick: Tick): void {
    if (this.#bank.flags & BLOCKING_FLAGS) return this.#reject(FLASH_SR.PGSERR, 'flash-write-with-error-flag', address, tick);
    if (!fieldOf(this.#cr, this.#fields.PG)) return this.#reject(FLASH_SR.PGSERR, 'flash-write-without-pg', address, tick);
    if (!this.#buffer.accepts(address)) return this.#reject(FLASH_SR.INCERR, 'flash-word-incomplete', address, tick);
    const startTick = this.#buffer.isPartlyFilled ? tick : this.#waitForRoom(tick);
    const stored = this.#buffer.put(address, size, value);
    if (stored.hitSameByte) this.#bank.raise(FLASH_SR.STRBERR);
    if (stored.isComplete) this.#pushProgram(startTick);
    if (stored.startedInside || address % size !== 0) this.#accuseStore('flash-write-unaligned', address, size, tick);
    if (stored.changedSize) this.#accuseStore('flash-write-mixed-sizes', address, size, tick);
    if (stored.hitSameByte) this.#accuseStore('flash-byte-stored-twice', address, size, tick);
  }

  /** Waits, as the bus does, until the bank has served what was asked before (RM0399 §4.3.8). */
  load(address: number, size: AccessSize, tick: Tick): number {
    this.#reader.checkProtection(address);
    if (!this.isBusy) return this.#reader.load(address, size, tick);
    this.#bank.violate('flash-busy-bank-read', `read of ${hexAddress(address)} while bank ${this.#bank.number} works`, tick);
    const idleTick = this.#queue.drain(tick);
    this.#bank.options.services.stall(idleTick - tick);
    return this.#reader.load(address, size, idleTick);
  }

  openIfQuiet(): void {
    if (!this.isBusy) this.#reader.open();
  }

  /** Power or clock went away. @returns whether an operation was cut off */
  abort(tick: Tick): boolean {
    this.#queue.sync(tick);
    const running = this.#queue.abort();
    if (running !== undefined) this.#operations.interrupt(running, tick);
    return running !== undefined;
  }

  /** To the values after a system reset. @param afterAbort draws whether OPERR tells of a cut (RM0399 §4.7.6) */
  reset(afterAbort?: Random): void {
    const { layout, memory, bankIndex } = this.#bank.options;
    this.#lock.reset();
    this.#buffer.flush();
    this.#queue.abort();
    this.#bank.flags = 0;
    this.#reader.flagsCleared();
    memory.setReadable(bankIndex, false);
    this.#cr = layout.crResetValue;
    if (afterAbort !== undefined && layout.reportsOperationErrors && afterAbort.below(2) === 1) this.#bank.raise(FLASH_SR.OPERR);
  }

  /** A ROM bootloader may leave the bank unlocked, set up and with error flags. */
  scramble(random: Random): void {
    const { PG, PSIZE } = this.#fields;
    if (random.below(2) === 1) this.#lock.leaveUnlocked();
    this.#cr = withField(this.#cr, PG, random.below(2));
    if (PSIZE) this.#cr = withField(this.#cr, PSIZE, random.below(4));
    for (const flag of LEFT_BY_BOOTLOADER) if (random.below(2) === 1) this.#bank.raise(flag);
  }

  #waitForRoom(tick: Tick): Tick {
    const { running } = this.#queue;
    if (running === undefined || this.#queue.hasRoomFor('program')) return tick;
    this.#bank.options.services.stall(running.endTick - tick);
    this.#queue.sync(running.endTick);
    return running.endTick;
  }

  #pushProgram(tick: Tick): void {
    const { address, data } = this.#buffer.take();
    this.#queue.push({ kind: 'program', address, lengthBytes: data.length, data }, tick);
  }

  #forceWrite(tick: Tick): void {
    // "If no bit in the write buffer is cleared to 0, FW has no effect" (RM0399 §4.3.9).
    if (this.#buffer.holdsOnlyOnes) this.#buffer.flush();
    else this.#pushProgram(this.#waitForRoom(tick));
  }

  #startErase(tick: Tick): void {
    const { part } = this.#bank.options;
    const sector = fieldOf(this.#cr, this.#fields.SNB);
    const isBank = fieldOf(this.#cr, this.#fields.BER) === 1;
    const isSector = fieldOf(this.#cr, this.#fields.SER) === 1;
    if (!isBank && !isSector) return this.#bank.violate('flash-start-without-request', `bank ${this.#bank.number}`, tick);
    if (!isBank && sector >= this.#bank.sectorCount) {
      this.#bank.raise(FLASH_SR.WRPERR);
      return this.#bank.violate('flash-sector-out-of-range', `sector ${sector} of bank ${this.#bank.number}`, tick);
    }
    if (isBank && isSector) this.#bank.violate('flash-start-sector-and-bank', `bank ${this.#bank.number}, sector ${sector}`, tick);
    if (this.isBusy) this.#bank.violate('flash-start-while-busy', `bank ${this.#bank.number}`, tick);
    if (!this.#queue.hasRoomFor('erase')) return;
    const address = this.#bank.base + (isBank ? 0 : sector * part.sectorBytes);
    this.#queue.push({ kind: 'erase', address, lengthBytes: isBank ? this.#bank.lengthBytes : part.sectorBytes }, tick);
  }

  #accuseStore(name: ChipViolation, address: number, size: AccessSize, tick: Tick): void {
    this.#bank.violate(name, `${size} bytes at ${hexAddress(address)}`, tick);
  }

  #reject(flag: Field, violation: ChipViolation, address: number, tick: Tick): void {
    this.#buffer.flush();
    this.#bank.raise(flag);
    this.#bank.violate(violation, `store to ${hexAddress(address)}`, tick);
  }
}
