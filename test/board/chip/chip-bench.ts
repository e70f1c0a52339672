/** A chip's bus without a core: register sequences as a program would issue them, one tick apart, and what the core was asked for. */
import type { H7Part } from '../../../host/device/h7-part.js';
import { findPart } from '../../../host/device/h7-parts.js';
import type { CoreControls } from '../../../host/board/chip/chip-bus.js';
import { ChipBus } from '../../../host/board/chip/chip-bus.js';
import type { OptionBytes } from '../../../host/board/chip/option-bytes.js';
import { factoryOptionBytes } from '../../../host/board/chip/option-bytes.js';
import type { AccessSize } from '../../../host/board/cpu/bus.js';
import { Random } from '../../../host/board/random.js';
import { Violations } from '../../../host/board/violations.js';

export interface BenchOptions {
  readonly part?: string;
  readonly seed?: number;
  readonly optionBytes?: Partial<OptionBytes>;
  readonly flashTiming?: 'typical' | 'maximum';
  readonly pollSkipTicks?: number;
  readonly readOutProtected?: boolean;
  /** Names that do not throw. @default all */
  readonly tolerated?: Iterable<string> | 'all';
}

export function partNamed(name: string): H7Part {
  const part = findPart(name);
  if (part === undefined) throw new Error(`no part ${name}`);
  return part;
}

export class ChipBench implements CoreControls {
  readonly part: H7Part;
  readonly bus: ChipBus;
  readonly violations: Violations;
  tick = 0;
  regionChanges = 0;

  constructor(options: BenchOptions = {}) {
    this.part = partNamed(options.part ?? 'STM32H743xI');
    this.violations = new Violations(options.tolerated ?? 'all');
    this.bus = new ChipBus(
      {
        part: this.part,
        violations: this.violations,
        revisionId: 0x2003,
        pollSkipTicks: options.pollSkipTicks ?? 0,
        optionBytes: { ...factoryOptionBytes(this.part), ...options.optionBytes },
        uid: Uint8Array.from({ length: 12 }, (_, index) => index + 1),
        flashTiming: options.flashTiming ?? 'typical',
        flashRandom: new Random(options.seed ?? 1),
        isReadOutProtected: () => options.readOutProtected ?? false,
      },
      this,
    );
  }

  stall(ticks: number): void {
    this.tick += ticks;
  }

  yieldSoon(): void {}

  regionsChanged(): void {
    this.regionChanges++;
  }

  invalidate(): void {}

  read(address: number, size: AccessSize = 4): number {
    return this.bus.read(address, size, ++this.tick);
  }

  write(address: number, value: number, size: AccessSize = 4): void {
    this.bus.write(address, size, value >>> 0, ++this.tick);
  }

  /** Names of the violations so far, in order. */
  get seen(): readonly string[] {
    return this.violations.seen.map(({ name }) => name);
  }
}

export const FLASH = 0x52002000;
export const KEYR = FLASH + 0x04;
export const CR = FLASH + 0x0c;
export const SR = FLASH + 0x10;
export const CCR = FLASH + 0x14;
export const ECC_FA = FLASH + 0x60;
export const BANK2 = 0x100;

export const LOCK = 1 << 0;
export const PG = 1 << 1;
export const SER = 1 << 2;
export const BER = 1 << 3;
/** H74x and H72x. */
export const X64 = 3 << 4;
export const START = 1 << 7;
export const sector = (index: number): number => index << 8;

export const BSY = 1 << 0;
export const WBNE = 1 << 1;
export const QW = 1 << 2;
export const EOP = 1 << 16;
export const WRPERR = 1 << 17;
export const PGSERR = 1 << 18;
export const STRBERR = 1 << 19;
export const INCERR = 1 << 21;
export const OPERR = 1 << 22;
export const RDPERR = 1 << 23;
export const SNECCERR = 1 << 25;
export const DBECCERR = 1 << 26;

export function unlock(bench: ChipBench, bank = 0): void {
  bench.write(KEYR + bank, 0x45670123);
  bench.write(KEYR + bank, 0xcdef89ab);
}

/** 32-bit stores in ascending order; the flash word repeats `pattern + index`. */
export function storeWord(bench: ChipBench, address: number, pattern: number): void {
  for (let offset = 0; offset < bench.part.flashWordBytes; offset += 4) bench.write(address + offset, pattern + offset);
}

/** Polls QW as a program would, without the reads that nothing can come of. @returns the tick of the read that found QW clear */
export function waitQueue(bench: ChipBench, bank = 0): number {
  while (bench.read(SR + bank) & QW) bench.tick = Math.max(bench.tick, bench.bus.nextChange(bench.tick) - 1);
  return bench.tick;
}
