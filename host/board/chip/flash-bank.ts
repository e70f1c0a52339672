/**
 * One bank of the flash controller: what its registers show, what a store and a load do, how operations run and fail.
 *
 * Behaviour follows RM0399 Rev 4 chapter 4 (RM0433 and RM0468 describe the same controller). What its neighbours own: the cells
 * (flash-memory.ts), the queues (flash-queue.ts), the keys (flash-lock.ts), the registers of the controller as a whole.
 */
import type { H7Part, Parallelism } from '../../device/h7-part.js';
import { PARALLELISMS } from '../../device/h7-part.js';
import { bankLengthBytes } from '../../device/memory-map.js';
import type { AccessSize } from '../cpu/bus.js';
import { BusFault } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import { msToTicks, TICKS_PER_US } from '../time.js';
import type { ChipViolation } from './chip-violations.js';
import { reportChip } from './chip-violations.js';
import { FlashLock } from './flash-lock.js';
import type { FlashMemory } from './flash-memory.js';
import type { FlashCommand, RunningCommand } from './flash-queue.js';
import { FlashQueue } from './flash-queue.js';
import type { FlashLayout } from './flash-registers.js';
import { FLASH_SR } from './flash-registers.js';
import { FlashWriteBuffer } from './flash-write-buffer.js';
import type { OptionBytes } from './option-bytes.js';
import type { ChipServices } from './peripheral.js';
import type { Field } from './register-access.js';
import { fieldOf, maskOf, withField } from './register-access.js';

export interface FlashBankOptions {
  readonly part: H7Part;
  /** 0 for bank 1. */
  readonly bankIndex: number;
  readonly memory: FlashMemory;
  readonly layout: FlashLayout;
  readonly optionBytes: OptionBytes;
  readonly timing: 'typical' | 'maximum';
  readonly services: Pick<ChipServices, 'violations' | 'stall'>;
  /** RDP level 1 and the core did not boot from user flash. */
  readonly isReadOutProtected: () => boolean;
  /** The region of a bank was opened or closed for direct reads. */
  readonly onRegionsChanged: () => void;
  /** Cells changed that the core may hold as translated code. */
  readonly onContentChanged: (address: number, lengthBytes: number) => void;
}

const BLOCKING_FLAGS = maskOf(FLASH_SR.PGSERR) | maskOf(FLASH_SR.INCERR);
const ECC_FLAGS = maskOf(FLASH_SR.SNECCERR) | maskOf(FLASH_SR.DBECCERR);

export class FlashBank {
  readonly #o: FlashBankOptions;
  readonly #base: number;
  readonly #lock = new FlashLock();
  readonly #buffer: FlashWriteBuffer;
  readonly #queue: FlashQueue;
  #cr = 0;
  /** SR from bit 16 up: flags that stay until CCR clears them. */
  #flags = 0;
  /** Offset in the bank of the first word with an ECC error since the flags were cleared. */
  #eccOffset: number | undefined;

  constructor(options: FlashBankOptions) {
    this.#o = options;
    this.#base = options.part.banks[options.bankIndex]?.base ?? 0;
    this.#buffer = new FlashWriteBuffer(options.part.flashWordBytes);
    this.#queue = new FlashQueue({ begin: (command, tick) => this.#begin(command, tick), finish: (running) => this.#finish(running) });
    this.reset();
  }

  get isBusy(): boolean {
    return this.#queue.running !== undefined;
  }

  get cr(): number {
    return withField(this.#cr, this.#o.layout.cr.LOCK, this.#lock.isLocked ? 1 : 0);
  }

  get sr(): number {
    const busy = this.isBusy ? maskOf(FLASH_SR.BSY) | maskOf(FLASH_SR.QW) : 0;
    return (this.#flags | busy | (this.#buffer.isPartlyFilled ? maskOf(FLASH_SR.WBNE) : 0)) >>> 0;
  }

  /** In flash words from the start of the bank (RM0399 §4.9.27). */
  get eccFailAddress(): number {
    return (this.#eccOffset ?? 0) / this.#o.part.flashWordBytes;
  }

  sync(tick: Tick): void {
    this.#queue.sync(tick);
  }

  nextChange(): Tick {
    return this.#queue.running?.endTick ?? Infinity;
  }

  writeKey(value: number, size: AccessSize, tick: Tick): void {
    const outcome = this.#lock.key(value, size);
    if (outcome === 'accepted') return;
    this.#violate(outcome === 'wrong' ? 'flash-key-wrong' : 'flash-key-while-unlocked', `FLASH_KEYR${this.#number} = 0x${value.toString(16)}`, tick);
    throw new BusFault(0x52002004 + 0x100 * this.#o.bankIndex, 'FLASH_KEYR refuses the key');
  }

  /** Any register write but to KEYR: it must not come between the keys. */
  checkKeySequence(address: number, tick: Tick): void {
    if (this.#lock.otherWrite()) return;
    this.#violate('flash-key-wrong', `a write to another register came between the keys of FLASH_KEYR${this.#number}`, tick);
    throw new BusFault(address, 'the key sequence of FLASH_KEYR was interrupted');
  }

  writeCr(value: number, tick: Tick): void {
    const { cr } = this.#o.layout;
    if (this.#lock.isLocked) {
      this.#violate('flash-cr-write-while-locked', `FLASH_CR${this.#number} = 0x${value.toString(16)}`, tick);
      return;
    }
    if (fieldOf(value, cr.LOCK)) {
      // "When LOCK changes from 0 to 1, the other bits of FLASH_CR do not change" (RM0399 §4.9.4).
      this.#lock.lock();
      return;
    }
    const old = this.#cr;
    this.#cr = withField(withField(value, cr.START, 0), cr.FW, 0);
    if (cr.PSIZE && this.isBusy && fieldOf(old, cr.PSIZE) !== fieldOf(value, cr.PSIZE)) {
      this.#violate('flash-timing-changed-while-busy', `PSIZE ${fieldOf(old, cr.PSIZE)} → ${fieldOf(value, cr.PSIZE)} in bank ${this.#number}`, tick);
    }
    if (!fieldOf(value, cr.PG) && this.#buffer.isPartlyFilled) {
      this.#buffer.flush();
      this.#violate('flash-write-buffer-lost', `PG cleared in bank ${this.#number}`, tick);
    }
    if (fieldOf(value, cr.FW)) this.#forceWrite(tick);
    if (fieldOf(value, cr.START)) this.#startErase(tick);
  }

  /** FLASH_CCR: writing 1 clears. */
  clearFlags(value: number): void {
    this.#flags = (this.#flags & ~value) >>> 0;
    if (!(this.#flags & ECC_FLAGS)) this.#eccOffset = undefined;
  }

  /** A store into the bank. */
  store(address: number, size: AccessSize, value: number, tick: Tick): void {
    if (this.#flags & BLOCKING_FLAGS) return this.#reject(FLASH_SR.PGSERR, 'flash-write-with-error-flag', address, tick);
    if (!fieldOf(this.#cr, this.#o.layout.cr.PG)) return this.#reject(FLASH_SR.PGSERR, 'flash-write-without-pg', address, tick);
    if (!this.#buffer.accepts(address)) return this.#reject(FLASH_SR.INCERR, 'flash-word-incomplete', address, tick);
    const startTick = this.#buffer.isPartlyFilled ? tick : this.#waitForRoom(tick);
    const stored = this.#buffer.put(address, size, value);
    if (stored.startedInside || address % size !== 0) this.#violate('flash-write-unaligned', `${size} bytes at ${hex(address)}`, tick);
    if (stored.changedSize) this.#violate('flash-write-mixed-sizes', `${size} bytes at ${hex(address)}`, tick);
    if (stored.hitSameByte) {
      this.#raise(FLASH_SR.STRBERR);
      this.#violate('flash-byte-stored-twice', `${size} bytes at ${hex(address)}`, tick);
    }
    if (stored.isComplete) this.#pushProgram(startTick);
  }

  /** A load from the bank. Stalls the core while the bank works (RM0399 §4.3.8). */
  load(address: number, size: AccessSize, tick: Tick): number {
    if (this.#o.isReadOutProtected()) {
      this.#raise(FLASH_SR.RDPERR);
      throw new BusFault(address, 'flash is read-out protected');
    }
    let now = tick;
    if (this.isBusy) {
      this.#violate('flash-busy-bank-read', `read of ${hex(address)} while bank ${this.#number} works`, tick);
      now = this.#queue.drain(tick);
      this.#o.services.stall(now - tick);
    }
    this.#openIfSound();
    return this.#loadThroughEcc(address, size, now);
  }

  /** Opens the bank for direct reads if nothing speaks against it. */
  openIfQuiet(): void {
    if (!this.isBusy && !this.#o.isReadOutProtected()) this.#openIfSound();
  }

  close(): void {
    const region = this.#o.memory.regions[this.#o.bankIndex];
    if (region === undefined || !region.readable) return;
    region.readable = false;
    this.#o.onRegionsChanged();
  }

  /** Power or clock went away under an operation. @returns whether one was running */
  abort(tick: Tick): boolean {
    this.#queue.sync(tick);
    const running = this.#queue.abort();
    if (running !== undefined) this.#o.memory.interrupt(this.#operation(running.command, running.startTick, running.endTick), running.command.data, tick);
    return running !== undefined;
  }

  /** To the values after a system reset. @param afterAbort may show as OPERR (RM0399 §4.7.6) */
  reset(afterAbort?: Random): void {
    this.#lock.reset();
    this.#buffer.flush();
    this.#queue.abort();
    this.#cr = this.#o.layout.crResetValue;
    this.#flags = 0;
    this.#eccOffset = undefined;
    if (afterAbort !== undefined && this.#o.layout.reportsOperationErrors && afterAbort.below(2) === 1) this.#raise(FLASH_SR.OPERR);
  }

  scramble(random: Random): void {
    const { cr } = this.#o.layout;
    if (random.below(2) === 1) this.#lock.leaveUnlocked();
    this.#cr = withField(this.#cr, cr.PG, random.below(2));
    if (cr.PSIZE) this.#cr = withField(this.#cr, cr.PSIZE, random.below(4));
    for (const flag of [FLASH_SR.EOP, FLASH_SR.WRPERR, FLASH_SR.PGSERR, FLASH_SR.STRBERR, FLASH_SR.INCERR, FLASH_SR.RDPERR]) {
      if (random.below(2) === 1) this.#raise(flag);
    }
  }

  #waitForRoom(tick: Tick): Tick {
    const { running } = this.#queue;
    if (running === undefined || this.#queue.hasRoomFor('program')) return tick;
    this.#o.services.stall(running.endTick - tick);
    this.#queue.sync(running.endTick);
    return running.endTick;
  }

  #pushProgram(tick: Tick): void {
    const { address, data } = this.#buffer.take();
    this.#queue.push({ kind: 'program', address, lengthBytes: data.length, data }, tick);
  }

  #forceWrite(tick: Tick): void {
    if (!this.#buffer.isPartlyFilled) return;
    const { address, data } = this.#buffer.take();
    // "If no bit in the write buffer is cleared to 0, FW has no effect" (RM0399 §4.3.9).
    if (data.some((byte) => byte !== 0xff)) this.#queue.push({ kind: 'program', address, lengthBytes: data.length, data }, this.#waitForRoom(tick));
  }

  #startErase(tick: Tick): void {
    const { cr } = this.#o.layout;
    const { part, bankIndex } = this.#o;
    const sector = fieldOf(this.#cr, cr.SNB);
    const wholeBank = fieldOf(this.#cr, cr.BER) === 1;
    const oneSector = fieldOf(this.#cr, cr.SER) === 1;
    if (!wholeBank && !oneSector) return this.#violate('flash-start-without-request', `bank ${this.#number}`, tick);
    if (wholeBank && oneSector) this.#violate('flash-start-sector-and-bank', `bank ${this.#number}, sector ${sector}`, tick);
    if (!wholeBank && sector >= (part.banks[bankIndex]?.sectorCount ?? 0)) {
      this.#raise(FLASH_SR.WRPERR);
      return this.#violate('flash-sector-out-of-range', `sector ${sector} of bank ${this.#number}`, tick);
    }
    if (this.isBusy) this.#violate('flash-start-while-busy', `bank ${this.#number}`, tick);
    if (!this.#queue.hasRoomFor('erase')) return;
    const lengthBytes = wholeBank ? this.#lengthBytes() : part.sectorBytes;
    this.#queue.push({ kind: 'erase', address: this.#base + (wholeBank ? 0 : sector * part.sectorBytes), lengthBytes }, tick);
  }

  #begin(command: FlashCommand, tick: Tick): number | undefined {
    const isProgram = command.kind === 'program';
    if (this.#isProtected(command)) {
      this.#raise(FLASH_SR.WRPERR);
      this.#violate(isProgram ? 'flash-write-protected' : 'flash-erase-protected', hex(command.address), tick);
      return undefined;
    }
    if (isProgram && this.#o.isReadOutProtected()) {
      this.#raise(FLASH_SR.WRPERR);
      return undefined;
    }
    const state = this.#o.memory.stateAt(command.address);
    if (isProgram && state === 'programmed') this.#violate('flash-word-written-twice', hex(command.address), tick);
    else if (isProgram && state !== 'erased') this.#violate('flash-word-not-erased', `${hex(command.address)} (${state})`, tick);
    this.close();
    const duration = this.#durationTicks(command);
    this.#o.memory.onOperation?.(this.#operation(command, tick, tick + duration));
    return duration;
  }

  #finish({ command }: RunningCommand): void {
    const offset = command.address - this.#base;
    if (command.data !== undefined) this.#o.memory.program(this.#o.bankIndex, offset, command.data);
    else this.#o.memory.erase(this.#o.bankIndex, offset, command.lengthBytes);
    this.#raise(FLASH_SR.EOP);
    this.#o.onContentChanged(command.address, command.lengthBytes);
  }

  #durationTicks(command: FlashCommand): number {
    const { part, layout, timing } = this.#o;
    const parallelism: Parallelism = layout.cr.PSIZE ? (PARALLELISMS[fieldOf(this.#cr, layout.cr.PSIZE)] ?? 'x64') : 'x64';
    const times = part.flashTiming[parallelism];
    if (command.kind === 'program') return times.wordProgramUs[timing] * TICKS_PER_US;
    return (msToTicks(times.sectorEraseMs[timing]) * command.lengthBytes) / part.sectorBytes;
  }

  #isProtected(command: FlashCommand): boolean {
    const { part, layout, optionBytes, bankIndex } = this.#o;
    const bytesPerBit = part.sectorBytes * layout.sectorsPerWpsnBit;
    const first = Math.floor((command.address - this.#base) / bytesPerBit);
    const last = Math.floor((command.address - this.#base + command.lengthBytes - 1) / bytesPerBit);
    for (let bit = first; bit <= last; bit++) {
      if ((((optionBytes.wpsn[bankIndex] ?? 0) >>> bit) & 1) === 0) return true;
    }
    return false;
  }

  #openIfSound(): void {
    const region = this.#o.memory.regions[this.#o.bankIndex];
    if (region === undefined || region.readable || !this.#o.memory.isSound(this.#o.bankIndex)) return;
    region.readable = true;
    this.#o.onRegionsChanged();
  }

  /** Little-endian; an unaligned access may touch two flash words. */
  #loadThroughEcc(address: number, size: AccessSize, tick: Tick): number {
    const { flashWordBytes } = this.#o.part;
    let value = 0;
    let word = this.#readWord(address, tick);
    for (let index = 0; index < size; index++) {
      const at = (address + index - this.#base) % flashWordBytes;
      if (index > 0 && at === 0) word = this.#readWord(address + index, tick);
      value += (word[at] ?? 0) * 2 ** (8 * index);
    }
    return value;
  }

  #readWord(address: number, tick: Tick): Uint8Array {
    const offset = address - this.#base;
    const { bytes, ecc } = this.#o.memory.readWord(this.#o.bankIndex, offset, tick);
    if (ecc === 'clean') return bytes;
    this.#eccOffset ??= offset - (offset % this.#o.part.flashWordBytes);
    this.#raise(ecc === 'failed' ? FLASH_SR.DBECCERR : FLASH_SR.SNECCERR);
    if (ecc === 'failed') throw new BusFault(address, 'double ECC error');
    return bytes;
  }

  #reject(flag: Field, violation: ChipViolation, address: number, tick: Tick): void {
    this.#buffer.flush();
    this.#raise(flag);
    this.#violate(violation, `store to ${hex(address)}`, tick);
  }

  #raise(flag: Field): void {
    this.#flags = (this.#flags | maskOf(flag)) >>> 0;
  }

  #violate(name: ChipViolation, message: string, tick: Tick): void {
    reportChip(this.#o.services.violations, name, message, tick);
  }

  #operation(command: FlashCommand, startTick: Tick, endTick: Tick) {
    return { kind: command.kind, bank: this.#o.bankIndex, address: command.address, lengthBytes: command.lengthBytes, startTick, endTick };
  }

  get #number(): number {
    return this.#o.bankIndex + 1;
  }

  #lengthBytes(): number {
    const bank = this.#o.part.banks[this.#o.bankIndex];
    return bank === undefined ? 0 : bankLengthBytes(this.#o.part, bank);
  }
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(8, '0')}`;
}
