/**
 * What a part of the STM32H7 line is, as far as flashing it is concerned. Types only: the rows are in h7-parts.ts.
 *
 * The host plans with these facts and the virtual board is built from them; neither knows a part by its name.
 */

/** Parts that share a flash controller, an RCC layout and a ROM bootloader. */
export type H7Family = 'H74x' | 'H72x' | 'H7Ax';

export interface FlashBank {
  readonly base: number;
  readonly sectorCount: number;
}

export interface RamRegion {
  /** As the reference manual names it: `DTCM`, `AXI`, `SRAM1` … */
  readonly name: string;
  readonly base: number;
  readonly lengthBytes: number;
  /** DMA1 and DMA2 are masters of the D2 bus matrix: they reach every RAM but the tightly coupled ones. */
  readonly reachableByDma: boolean;
  /** The RCC enable bits that must be set before the region answers; none: always clocked. */
  readonly clocks: readonly string[];
}

/** An inclusive window of addresses. */
export interface AddressWindow {
  readonly first: number;
  readonly last: number;
}

/** FLASH_CR.PSIZE: bits that the array programs at once (RM0433 §4.3.9, "programming parallelism"). */
export const PARALLELISMS = ['x8', 'x16', 'x32', 'x64'] as const;
export type Parallelism = (typeof PARALLELISMS)[number];

export interface TypicalAndMaximum {
  readonly typical: number;
  readonly maximum: number;
}

/** How long the array takes, per parallelism. */
export interface FlashTiming {
  readonly wordProgramUs: TypicalAndMaximum;
  readonly sectorEraseMs: TypicalAndMaximum;
}

export interface H7Part {
  readonly name: string;
  readonly family: H7Family;
  /** DBGMCU_IDCODE.DEV_ID, the answer to AN3155 Get ID. One id covers many parts. */
  readonly deviceId: number;
  /** Content of the flash size register. */
  readonly flashSizeKiB: number;
  /** A Cortex-M4 beside the Cortex-M7. */
  readonly isDualCore: boolean;
  readonly banks: readonly FlashBank[];
  readonly sectorBytes: number;
  /** The unit of programming and of ECC: 256 bits, 128 on H7A/H7B. */
  readonly flashWordBytes: number;
  readonly flashTiming: Readonly<Record<Parallelism, FlashTiming>>;
  readonly ram: readonly RamRegion[];
  readonly addresses: H7Addresses;
  /** RAM that the ROM bootloader of every version accepts as a target of Write Memory and Go (AN2606, table 226). */
  readonly bootloaderRam: readonly AddressWindow[];
}

/** Addresses that move between families. */
export interface H7Addresses {
  /** 16 bit, KiB. */
  readonly flashSize: number;
  /** 96 bit unique device identifier. */
  readonly uniqueId: number;
  /** One byte that identifies the ROM bootloader (AN2606, "bootloader ID"). */
  readonly bootloaderId: number;
  /** Base of the CRC calculation unit. */
  readonly crc: number;
}
