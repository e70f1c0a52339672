/** How a modelled peripheral meets the chip. */
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';

/** A block of registers. Addresses arrive as offsets from its base; unaligned device accesses were refused before. */
export interface Peripheral {
  readonly name: string;
  read(offset: number, size: AccessSize, tick: Tick): number;
  write(offset: number, size: AccessSize, value: number, tick: Tick): void;
  /** Back to the reset values of the reference manual. */
  reset(): void;
  /** What the ROM bootloader leaves behind when it does not clean up: seeded garbage, as far as the chip would still accept it. */
  scramble?(random: Random): void;
  /**
   * The next time at which a register of this peripheral changes by itself, later than `tick`; Infinity when never. Polling loops
   * are skipped forward to it.
   */
  nextChange?(tick: Tick): Tick;
}

/** What a peripheral may ask of the chip around it. */
export interface ChipServices {
  readonly violations: Violations;
  /** Is the peripheral's clock enabled in RCC? Names as in the RCC enable registers: `USART1`, `DMA1`, `GPIOA` … */
  isClocked(name: string): boolean;
  /** Kernel clock of a USART in Hz, from RCC D2CCIP2R and the clocks that run. */
  usartKernelHz(name: string): number;
  /** Is pin `PA10` switched to alternate function `af`? */
  hasAlternateFunction(pin: string, af: number): boolean;
  /**
   * Memory as a DMA1/DMA2 master reaches it, or undefined where it does not reach (DTCM, ITCM, flash as target, unmapped):
   * the region's bytes and the offset of `address` in them.
   */
  dmaMemory(address: number, lengthBytes: number): { readonly bytes: Uint8Array; readonly offset: number } | undefined;
  /** Holds the CPU for `ticks`: a stalled bus access, or a polling loop with nothing to see. */
  stall(ticks: number): void;
  /** Ends the running CPU slice soon: something happened that the world outside must see before more time passes. */
  yieldSoon(): void;
}
