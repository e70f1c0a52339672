/**
 * The flash array: bytes, and per flash word whether it is erased, programmed or damaged. It survives resets and power cuts.
 *
 * The controller decides what is done to it and when; this file only knows what that leaves in the cells.
 */
import type { H7Part } from '../../device/h7-part.js';
import { bankIndexAt, bankLengthBytes } from '../../device/memory-map.js';
import type { MemoryRegion } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { Damage, WordRead } from './flash-damage.js';
import { interruptedWord, readDamaged } from './flash-damage.js';

/** `loaded`: content from before the board was switched on; `programmed`: by the controller since. */
export type WordState = 'erased' | 'loaded' | 'programmed' | 'damaged';
const STATES: readonly WordState[] = ['erased', 'loaded', 'programmed', 'damaged'];
const [ERASED, LOADED, PROGRAMMED, DAMAGED] = [0, 1, 2, 3];

/** What the controller does to the array. */
export interface FlashOperation {
  readonly kind: 'program' | 'erase';
  /** 0 for bank 1. */
  readonly bank: number;
  readonly address: number;
  readonly lengthBytes: number;
  readonly startTick: Tick;
  readonly endTick: Tick;
}

/** Whoever reads the array without asking. */
export interface FlashObserver {
  /** A part of the array was opened or closed for direct reads. */
  regionsChanged(): void;
  /** Cells changed that may be held as translated code. */
  contentChanged(address: number, lengthBytes: number): void;
}

interface Bank {
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly states: Uint8Array;
  /** By number of the flash word in the bank. */
  readonly damage: Map<number, Damage>;
  readonly regions: readonly MemoryRegion[];
  /** Damaged flash words of each region. */
  readonly harm: Uint32Array;
  isOpen: boolean;
}

/** What one damaged flash word keeps from being read directly: a page of the core's memory map. */
const REGION_BYTES = 0x1_0000;

export class FlashMemory {
  /** Flash words programmed and sectors erased since the board was built. */
  programCount = 0;
  eraseCount = 0;
  /** The supply of the array fails then: what runs stays half done and nothing begins. Known in advance, so that no cut comes late. */
  supplyEndsAtTick: Tick = Infinity;
  /** An operation begins. For logs, and for faults that want to cut into it. */
  onOperation: ((operation: FlashOperation) => void) | undefined;

  readonly #part: H7Part;
  readonly #random: Random;
  readonly #observer: FlashObserver;
  readonly #wordBytes: number;
  readonly #banks: readonly Bank[];

  /** Blank. @param random what damaged words read as */
  constructor(part: H7Part, random: Random, observer: FlashObserver) {
    this.#part = part;
    this.#random = random;
    this.#observer = observer;
    this.#wordBytes = part.flashWordBytes;
    this.#banks = part.banks.map((bank, index) => {
      const bytes = new Uint8Array(bankLengthBytes(part, bank)).fill(0xff);
      const regions = Array.from({ length: bytes.length / REGION_BYTES }, (_, at): MemoryRegion => ({
        name: `FLASH${index + 1}`, base: bank.base + at * REGION_BYTES, bytes: bytes.subarray(at * REGION_BYTES, (at + 1) * REGION_BYTES), readable: false, writable: false, executable: true,
      }));
      const states = new Uint8Array(bytes.length / part.flashWordBytes);
      return { base: bank.base, bytes, states, damage: new Map(), regions, harm: new Uint32Array(regions.length), isOpen: false };
    });
  }

  /** Of all banks, in address order. */
  get regions(): readonly MemoryRegion[] {
    return this.#banks.flatMap((bank) => bank.regions);
  }

  /** The cells of a bank (0 or 1), without ECC. Not to be written. */
  bytes(bankIndex: number): Uint8Array {
    return this.#bank(bankIndex).bytes;
  }

  /** All banks in address order, without the hole of 1 MB parts. Cells only: what is damaged shows as its old content. */
  snapshot(): Uint8Array {
    const image = new Uint8Array(this.#part.flashSizeKiB * 1024);
    let at = 0;
    for (const bank of this.#banks) {
      image.set(bank.bytes, at);
      at += bank.bytes.length;
    }
    return image;
  }

  /** Replaces the whole content by a raw image as `snapshot` gives it; flash words of 0xFF count as erased. */
  load(image: Uint8Array): void {
    if (image.length !== this.#part.flashSizeKiB * 1024) {
      throw new RangeError(`a flash image of ${image.length} bytes does not fit the ${this.#part.flashSizeKiB} KiB of ${this.#part.name}`);
    }
    let at = 0;
    for (const bank of this.#banks) {
      this.#put(bank, 0, image.subarray(at, at + bank.bytes.length));
      at += bank.bytes.length;
    }
  }

  /** A copy of the cells, without ECC and without consequences. @throws RangeError outside one bank */
  peek(address: number, lengthBytes: number): Uint8Array {
    const { bank, offset } = this.#locate(address, lengthBytes);
    return bank.bytes.slice(offset, offset + lengthBytes);
  }

  /** A fault: other content with fitting ECC, as if it had always been there. Whole flash words. */
  poke(address: number, bytes: Uint8Array): void {
    const { bank, offset } = this.#locate(address, bytes.length);
    if (offset % this.#wordBytes !== 0 || bytes.length % this.#wordBytes !== 0) throw new RangeError('only whole flash words can be replaced');
    this.#put(bank, offset, bytes);
  }

  stateAt(address: number): WordState {
    const { bank, offset } = this.#locate(address, 1);
    return STATES[bank.states[Math.floor(offset / this.#wordBytes)] ?? ERASED] as WordState;
  }

  /** A fault: bit `bit` (0 … 7) of the byte at `address` turns over. Twice the same bit is none. */
  flipBit(address: number, bit: number): void {
    const { bank, offset } = this.#locate(address, 1);
    const word = Math.floor(offset / this.#wordBytes);
    const damage = bank.damage.get(word);
    if (damage !== undefined && damage.kind !== 'flipped') return;
    const bits = new Set(damage?.bits);
    const flipped = (offset % this.#wordBytes) * 8 + bit;
    if (!bits.delete(flipped)) bits.add(flipped);
    if (bits.size > 0) {
      this.#damage(bank, word, { kind: 'flipped', bits });
    } else {
      this.#heal(bank, word);
      bank.states[word] = LOADED;
    }
  }

  /** What does not show in `snapshot`, by the address of the flash word. */
  get damage(): ReadonlyMap<number, Damage> {
    return new Map(this.#banks.flatMap(({ base, damage }) => [...damage].map(([word, what]) => [base + word * this.#wordBytes, what] as const)));
  }

  /** Damage from an earlier life of the array. */
  restoreDamage(address: number, damage: Damage): void {
    const { bank, offset } = this.#locate(address, this.#wordBytes);
    this.#damage(bank, offset / this.#wordBytes, damage);
  }

  /** Lets the core read a bank directly, where no flash word is damaged; or makes it ask the controller. */
  setReadable(bankIndex: number, readable: boolean): void {
    const bank = this.#bank(bankIndex);
    if (bank.isOpen === readable) return;
    bank.isOpen = readable;
    this.#refresh(bank);
  }

  /** Must the flash word that holds `offset` be read through its ECC? */
  isDamaged(bankIndex: number, offset: number): boolean {
    return this.#bank(bankIndex).states[Math.floor(offset / this.#wordBytes)] === DAMAGED;
  }

  /** One read through the ECC of the flash word that holds `offset`. */
  readWord(bankIndex: number, offset: number, tick: Tick): WordRead {
    const bank = this.#bank(bankIndex);
    const word = Math.floor(offset / this.#wordBytes);
    const stored = bank.bytes.subarray(word * this.#wordBytes, (word + 1) * this.#wordBytes);
    const damage = bank.damage.get(word);
    return damage === undefined ? { bytes: stored, ecc: 'clean' } : readDamaged(stored, damage, tick, this.#random);
  }

  /** A finished program operation: cells go from 1 to 0 only; a second one spoils the ECC unless it changes nothing. */
  program(bankIndex: number, offset: number, data: Uint8Array): void {
    const bank = this.#bank(bankIndex);
    const word = Math.floor(offset / this.#wordBytes);
    const cells = bank.bytes.subarray(offset, offset + this.#wordBytes);
    const changes = cells.some((cell, index) => (cell & (data[index] ?? 0xff)) !== cell);
    if (bank.states[word] !== ERASED && changes) this.#damage(bank, word, { kind: 'inconsistent' });
    else if (bank.states[word] === ERASED) bank.states[word] = PROGRAMMED;
    for (let index = 0; index < cells.length; index++) cells[index] = (cells[index] ?? 0) & (data[index] ?? 0xff);
    this.programCount++;
    this.#observer.contentChanged(bank.base + offset, cells.length);
  }

  /** A finished erase of whole sectors. */
  erase(bankIndex: number, offset: number, lengthBytes: number): void {
    const bank = this.#bank(bankIndex);
    bank.bytes.fill(0xff, offset, offset + lengthBytes);
    this.#forEachWord(offset, lengthBytes, (word) => {
      bank.states[word] = ERASED;
      this.#heal(bank, word);
    });
    this.eraseCount += lengthBytes / this.#part.sectorBytes;
    this.#observer.contentChanged(bank.base + offset, lengthBytes);
  }

  /** An operation ended before its time. @param data what was being programmed; undefined for an erase */
  interrupt(operation: FlashOperation, data: Uint8Array | undefined, tick: Tick): void {
    const bank = this.#bank(operation.bank);
    const progress = (tick - operation.startTick) / (operation.endTick - operation.startTick);
    const intended = data ?? new Uint8Array(this.#wordBytes).fill(0xff);
    this.#forEachWord(operation.address - bank.base, operation.lengthBytes, (word) =>
      this.#damage(bank, word, interruptedWord(intended, progress, tick, this.#random)),
    );
  }

  #damage(bank: Bank, word: number, damage: Damage): void {
    if (!bank.damage.has(word)) this.#count(bank, word, 1);
    bank.damage.set(word, damage);
    bank.states[word] = DAMAGED;
    // Code that was translated from it may begin in another region.
    this.#observer.contentChanged(bank.base + word * this.#wordBytes, this.#wordBytes);
  }

  #heal(bank: Bank, word: number): void {
    if (bank.damage.delete(word)) this.#count(bank, word, -1);
  }

  #count(bank: Bank, word: number, more: 1 | -1): void {
    const at = Math.floor((word * this.#wordBytes) / REGION_BYTES);
    const before = bank.harm[at]!;
    bank.harm[at] = before + more;
    if (before === 0 || before + more === 0) this.#refresh(bank);
  }

  #refresh(bank: Bank): void {
    let changed = false;
    for (const [at, region] of bank.regions.entries()) {
      const readable = bank.isOpen && bank.harm[at] === 0;
      changed ||= region.readable !== readable;
      region.readable = readable;
    }
    if (changed) this.#observer.regionsChanged();
  }

  #put(bank: Bank, offset: number, bytes: Uint8Array): void {
    bank.bytes.set(bytes, offset);
    this.#forEachWord(offset, bytes.length, (word) => {
      const start = word * this.#wordBytes;
      bank.states[word] = bank.bytes.subarray(start, start + this.#wordBytes).every((byte) => byte === 0xff) ? ERASED : LOADED;
      this.#heal(bank, word);
    });
    this.#observer.contentChanged(bank.base + offset, bytes.length);
  }

  #forEachWord(offset: number, lengthBytes: number, visit: (word: number) => void): void {
    const end = (offset + lengthBytes) / this.#wordBytes;
    for (let word = Math.floor(offset / this.#wordBytes); word < end; word++) visit(word);
  }

  #bank(index: number): Bank {
    const bank = this.#banks[index];
    if (bank === undefined) throw new RangeError(`${this.#part.name} has no flash bank ${index + 1}`);
    return bank;
  }

  #locate(address: number, lengthBytes: number): { readonly bank: Bank; readonly offset: number } {
    const index = bankIndexAt(this.#part, address);
    const bank = index === undefined ? undefined : this.#bank(index);
    if (bank === undefined || address + lengthBytes > bank.base + bank.bytes.length) {
      throw new RangeError(`0x${address.toString(16)} … ${lengthBytes} bytes is not inside one flash bank of ${this.#part.name}`);
    }
    return { bank, offset: address - bank.base };
  }
}
