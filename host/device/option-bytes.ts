/** What a part's option bytes say about flashing it: read-out and write protection, where it boots, who starts the watchdog. Pure. */
import type { H7Part } from './h7-part.js';
import { bankLengthBytes, type Sector } from './memory-map.js';

/** The registers as they are in force (RM0433 §4.9). */
export interface OptionRegisters {
  /** FLASH_OPTSR_CUR */
  readonly optsr: number;
  /** FLASH_WPSN_CUR of both banks: a cleared bit protects. */
  readonly wpsn1: number;
  readonly wpsn2: number;
  /** FLASH_BOOT_CUR: BOOT_ADD0 in the lower half, BOOT_ADD1 in the upper. */
  readonly boot: number;
  /** FLASH_BOOT4_CUR: the same for the second core; 0 where there is none. */
  readonly bootCm4: number;
  /** FLASH_PRAR_CUR and FLASH_SCAR_CUR of both banks. */
  readonly prar1: number;
  readonly prar2: number;
  readonly scar1: number;
  readonly scar2: number;
}

/** FLASH_OPTSR: IWDG1_SW, RDP, SWAP_BANK_OPT. */
const IWDG1_SW = 4;
const RDP_POSITION = 8;
const SWAP_BANK_OPT = 31;
const RDP_LEVEL_0 = 0xaa;
const RDP_LEVEL_2 = 0xcc;
/** H7A: one WPSN bit stands for four sectors (RM0455 §4.9.18). */
const H7A_SECTORS_PER_BIT = 4;
/** The boot address that selects ST's bootloader (AN2606, pattern 10). */
const SYSTEM_MEMORY = 0x1ff0_0000;

export function rdpByte({ optsr }: OptionRegisters): number {
  return (optsr >>> RDP_POSITION) & 0xff;
}

/** 0xAA is level 0, 0xCC level 2, everything else level 1. */
export function rdpLevel(registers: OptionRegisters): 0 | 1 | 2 {
  const byte = rdpByte(registers);
  if (byte === RDP_LEVEL_0) return 0;
  return byte === RDP_LEVEL_2 ? 2 : 1;
}

export function isWriteProtected(part: H7Part, { wpsn1, wpsn2 }: OptionRegisters, { bankIndex, indexInBank }: Sector): boolean {
  const bit = part.family === 'H7Ax' ? Math.floor(indexInBank / H7A_SECTORS_PER_BIT) : indexInBank;
  return (((bankIndex === 0 ? wpsn1 : wpsn2) >>> bit) & 1) === 0;
}

/** Flash that neither reads nor erases for us. */
export interface ProtectedArea {
  readonly kind: 'execute-only' | 'secure';
  readonly address: number;
  readonly lengthBytes: number;
}

/** First and last block of an area, 12 bits each (RM0433 §4.9.10, §4.9.12; the same in RM0455 and RM0468). */
const AREA_BLOCK_BYTES = 256;
const AREA_END_POSITION = 16;
const AREA_MASK = 0xfff;

/** PCROP and secure areas. None where the first block is behind the last; where both are the same, all of the bank. */
export function protectedAreas(part: H7Part, { prar1, prar2, scar1, scar2 }: OptionRegisters): readonly ProtectedArea[] {
  return part.banks.flatMap((bank, bankIndex) => ([['execute-only', [prar1, prar2]], ['secure', [scar1, scar2]]] as const).flatMap(([kind, registers]): ProtectedArea[] => {
    const register = registers[bankIndex]!;
    const [first, last] = [register & AREA_MASK, (register >>> AREA_END_POSITION) & AREA_MASK];
    if (first > last) return [];
    if (first === last) return [{ kind, address: bank.base, lengthBytes: bankLengthBytes(part, bank) }];
    return [{ kind, address: bank.base + first * AREA_BLOCK_BYTES, lengthBytes: (last - first + 1) * AREA_BLOCK_BYTES }];
  }));
}

export function startsWatchdogByHardware({ optsr }: OptionRegisters): boolean {
  return ((optsr >>> IWDG1_SW) & 1) === 0;
}

export function swapsBanks({ optsr }: OptionRegisters): boolean {
  return optsr >>> SWAP_BANK_OPT === 1;
}

export interface BootAddresses {
  readonly whileBoot0Low: number;
  readonly whileBoot0High: number;
}

export function bootAddresses({ boot }: OptionRegisters): BootAddresses {
  return { whileBoot0Low: (boot << 16) >>> 0, whileBoot0High: (boot & 0xffff_0000) >>> 0 };
}

/** Where the second core starts from; nothing to us where that is not flash. */
export function cm4BootAddresses({ bootCm4 }: Pick<OptionRegisters, 'bootCm4'>): readonly number[] {
  return [(bootCm4 << 16) >>> 0, (bootCm4 & 0xffff_0000) >>> 0];
}

export function isBootloader(bootAddress: number): boolean {
  return bootAddress === SYSTEM_MEMORY;
}
