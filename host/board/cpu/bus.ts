/** What the CPU sees beyond plain memory: peripherals, guarded flash, nothing at all. */
import type { Tick } from '../time.js';

export type AccessSize = 1 | 2 | 4;

export interface Bus {
  /**
   * A load that no directly readable memory region answers. `size` in bytes; the result is unsigned and fits `size`.
   * `tick` is the time of this access. May call `Cpu.stall`.
   * @throws BusFault to be taken by the CPU as silicon would.
   */
  read(address: number, size: AccessSize, tick: Tick): number;

  /** A store that no directly writable memory region takes. `value` is truncated to `size` bytes. @throws BusFault */
  write(address: number, size: AccessSize, value: number, tick: Tick): void;
}

/** A bus error answer: precise data bus fault at `address` (PM0253 §2.5). Not an Error: the core takes thousands, and nobody asks for their stack. */
export class BusFault {
  readonly address: number;
  readonly #why: string;

  constructor(address: number, why: string) {
    this.address = address >>> 0;
    this.#why = why;
  }

  get message(): string {
    return `bus fault at 0x${this.address.toString(16).padStart(8, '0')}: ${this.#why}`;
  }
}

/** Plain memory on the bus. `bytes` is shared: DMA and the board write into it too. */
export interface MemoryRegion {
  readonly name: string;
  /** First address; a multiple of 64 KiB, or the region is smaller than that and alone in its 64 KiB page. */
  readonly base: number;
  readonly bytes: Uint8Array;
  /** Loads and fetches go straight to `bytes`; otherwise loads go to the Bus. May change while running (flash: busy, undefined words). */
  readable: boolean;
  /** Stores go straight to `bytes`; otherwise to the Bus. */
  writable: boolean;
  executable: boolean;
}
