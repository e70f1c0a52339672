/**
 * How the ROM erases and programs: through the registers of the flash controller, with parallelism x64 and one flash word at a time.
 * Errors of the controller are cleared and never told: AN3155 has no answer for them.
 */
import type { H7Part } from '../../device/h7-part.js';
import { bankIndexAt, sectorAt } from '../../device/memory-map.js';
import type { FlashLayout } from '../chip/flash-registers.js';
import {
  FLASH_BANK2_DISTANCE, FLASH_BANK_OFFSETS, FLASH_KEYS, FLASH_LAYOUTS, FLASH_SHARED_OFFSETS, FLASH_SR,
} from '../chip/flash-registers.js';
import { FLASH_OPTSR } from '../chip/option-bytes.js';
import { fieldOf, maskOf, withField } from '../chip/register-access.js';
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import { TICKS_PER_US } from '../time.js';
import type { RomProgram } from './rom-program.js';
import { delay } from './rom-program.js';

interface FlashBus {
  readonly part: H7Part;
  read(address: number, size: AccessSize, tick: Tick): number;
  write(address: number, size: AccessSize, value: number, tick: Tick): void;
}

/** RM0433 table 8. */
const FLASH_BASE = 0x52002000;
/** FLASH_OPTKEYR (RM0433 §4.9.3). */
const OPTION_KEYS = [0x08192a3b, 0x4c5d6e7f] as const;
/** FLASH_CCR has EOP and the error flags where FLASH_SR has them. */
const CCR_ALL = Object.values(FLASH_SR).reduce((mask, field) => (field.position >= FLASH_SR.EOP.position ? mask | maskOf(field) : mask), 0) >>> 0;
const PSIZE_X64 = 3;

const PROGRAM_POLL_TICKS = 5 * TICKS_PER_US;
const ERASE_POLL_TICKS = 500 * TICKS_PER_US;

export class FlashDriver {
  readonly #chip: FlashBus;
  readonly #now: () => Tick;

  constructor(chip: FlashBus, now: () => Tick) {
    this.#chip = chip;
    this.#now = now;
  }

  /** RDP level 0 is 0xAA; level 2 cannot boot the ROM at all (RM0433 §4.5.3). */
  get isReadOutProtected(): boolean {
    return fieldOf(this.#read(0, FLASH_SHARED_OFFSETS.OPTSR_CUR), FLASH_OPTSR.RDP) !== 0xaa;
  }

  /**
   * Programs every flash word that `bytes` touch; what they do not cover of a word is programmed as ones, which leaves it unusable
   * until the next erase. Words of protected sectors, and of a bank that still erases, are lost without a word.
   */
  *program(address: number, bytes: Uint8Array): RomProgram {
    const { flashWordBytes } = this.#chip.part;
    const end = address + bytes.length;
    for (let word = address - (address % flashWordBytes); word < end; word += flashWordBytes) {
      const content = new Uint8Array(flashWordBytes).fill(0xff);
      const from = Math.max(word, address);
      content.set(bytes.subarray(from - address, Math.min(word + flashWordBytes, end) - address), from - word);
      const bank = bankIndexAt(this.#chip.part, word);
      if (bank === undefined || this.#isProtected(word) || this.#isBusy(bank)) continue;
      yield* this.#programWord(bank, word, content);
    }
  }

  *#programWord(bank: number, address: number, content: Uint8Array): RomProgram {
    this.#unlock(bank);
    this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({ PG: 1 }));
    const view = new DataView(content.buffer);
    for (let at = 0; at < content.length; at += 4) this.#chip.write(address + at, 4, view.getUint32(at, true), this.#now());
    yield* this.#untilIdle(bank, PROGRAM_POLL_TICKS);
    this.#finish(bank);
  }

  /** @param waits false: returns while the sector still erases, as early ROMs do on bank 2. */
  *eraseSector(bank: number, indexInBank: number, waits: boolean): RomProgram {
    const sectorBase = (this.#chip.part.banks[bank]?.base ?? 0) + indexInBank * this.#chip.part.sectorBytes;
    if (this.#isProtected(sectorBase)) return;
    yield* this.#untilIdle(bank, ERASE_POLL_TICKS);
    this.#unlock(bank);
    this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({ SER: 1, SNB: indexInBank }));
    this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({ SER: 1, SNB: indexInBank, START: 1 }));
    if (!waits) return;
    yield* this.#untilIdle(bank, ERASE_POLL_TICKS);
    this.#finish(bank);
  }

  /** Starts all banks before it waits for any; they erase at the same time. A bank with a protected sector is left alone. */
  *eraseBanks(banks: readonly number[]): RomProgram {
    const free = banks.filter((bank) => !this.#hasProtectedSector(bank));
    for (const bank of free) {
      yield* this.#untilIdle(bank, ERASE_POLL_TICKS);
      this.#unlock(bank);
      this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({ BER: 1 }));
      this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({ BER: 1, START: 1 }));
    }
    for (const bank of free) {
      yield* this.#untilIdle(bank, ERASE_POLL_TICKS);
      this.#finish(bank);
    }
  }

  unlockOptionBytes(): void {
    for (const key of OPTION_KEYS) this.#write(0, FLASH_SHARED_OFFSETS.OPTKEYR, key);
  }

  /** A read of a bank that still erases stalls the core until it is done (RM0433 §4.3.8); elsewhere nothing is waited for. */
  *untilReadable(address: number): RomProgram {
    const bank = bankIndexAt(this.#chip.part, address);
    if (bank !== undefined) yield* this.#untilIdle(bank, ERASE_POLL_TICKS);
  }

  get #layout(): FlashLayout {
    return FLASH_LAYOUTS[this.#chip.part.family];
  }

  /** FLASH_CR with these fields set and parallelism x64 where there is a choice. */
  #control(fields: Partial<Record<keyof FlashLayout['cr'], number>>): number {
    const { cr } = this.#layout;
    const parallel = cr.PSIZE === undefined ? 0 : withField(0, cr.PSIZE, PSIZE_X64);
    return Object.entries(fields).reduce((value, [name, content]) => {
      const field = cr[name as keyof FlashLayout['cr']];
      return field === undefined ? value : withField(value, field, content);
    }, parallel);
  }

  *#untilIdle(bank: number, pollTicks: Tick): RomProgram {
    while (this.#isBusy(bank)) yield* delay(pollTicks);
  }

  #isBusy(bank: number): boolean {
    return fieldOf(this.#read(bank, FLASH_BANK_OFFSETS.SR1), FLASH_SR.QW) !== 0;
  }

  #unlock(bank: number): void {
    this.#write(bank, FLASH_BANK_OFFSETS.CCR1, CCR_ALL);
    if (fieldOf(this.#read(bank, FLASH_BANK_OFFSETS.CR1), this.#layout.cr.LOCK) === 0) return;
    this.#write(bank, FLASH_BANK_OFFSETS.KEYR1, FLASH_KEYS.KEY1);
    this.#write(bank, FLASH_BANK_OFFSETS.KEYR1, FLASH_KEYS.KEY2);
  }

  #finish(bank: number): void {
    this.#write(bank, FLASH_BANK_OFFSETS.CCR1, CCR_ALL);
    this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({}));
    this.#write(bank, FLASH_BANK_OFFSETS.CR1, this.#control({ LOCK: 1 }));
  }

  /** WPSN bit 1 = not protected. */
  #isProtected(address: number): boolean {
    const sector = sectorAt(this.#chip.part, address);
    if (sector === undefined) return true;
    const bit = Math.floor(sector.indexInBank / this.#layout.sectorsPerWpsnBit);
    return ((this.#read(sector.bankIndex, FLASH_BANK_OFFSETS.WPSN_CUR1) >>> bit) & 1) === 0;
  }

  #hasProtectedSector(bank: number): boolean {
    const { banks, sectorBytes } = this.#chip.part;
    const { base, sectorCount } = banks[bank] ?? { base: 0, sectorCount: 0 };
    return Array.from({ length: sectorCount }, (_, at) => base + at * sectorBytes).some((sector) => this.#isProtected(sector));
  }

  #read(bank: number, offset: number): number {
    return this.#chip.read(FLASH_BASE + bank * FLASH_BANK2_DISTANCE + offset, 4, this.#now());
  }

  #write(bank: number, offset: number, value: number): void {
    this.#chip.write(FLASH_BASE + bank * FLASH_BANK2_DISTANCE + offset, 4, value, this.#now());
  }
}
