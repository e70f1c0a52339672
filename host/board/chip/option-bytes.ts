/**
 * The option bytes as far as they decide something on the virtual board, and the registers that show them. They cannot be
 * reprogrammed: they are chosen when the board is built. Bank swapping (SWAP_BANK_OPT) is left out.
 */
import type { H7Part } from '../../device/h7-part.js';
import type { Field } from './register-access.js';
import { withField } from './register-access.js';

export interface OptionBytes {
  /** 0xAA level 0, 0xCC level 2, anything else level 1 (RM0399 table 22). */
  readonly rdp: number;
  /** FLASH_WPSN per bank, low bits first: 1 = not protected; one bit per sector, on H7A/H7B per four sectors. */
  readonly wpsn: readonly number[];
  /** IWDG1_SW: false lets the watchdog start with the chip. */
  readonly iwdg1Software: boolean;
  /** BOOT_ADD0 and BOOT_ADD1: upper halves of the addresses to boot from while BOOT0 is low or high. */
  readonly bootAdd0: number;
  readonly bootAdd1: number;
  /** The same for the second core of dual-core parts. */
  readonly bootCm4Add0: number;
  readonly bootCm4Add1: number;
  /** FLASH_PRAR and FLASH_SCAR per bank: first and last block of 256 bytes that may only be executed (PCROP), or are secure; none where the first is behind the last. */
  readonly prar: readonly number[];
  readonly scar: readonly number[];
  /** H72x: 0 … 3 gives 0, 64, 128, 192 KiB of AXI SRAM to ITCM. */
  readonly tcmAxiShared: number;
}

/** PCROP and secure areas: none, start behind end (RM0399 §4.4.6). */
const NO_AREA = 0x000000ff;
const AREA_BLOCK_BYTES = 256;

/** FLASH_PRAR or FLASH_SCAR of an area within a bank, from its first to its last byte. */
export function areaRegister(firstOffset: number, lastOffset: number): number {
  return (Math.floor(lastOffset / AREA_BLOCK_BYTES) << 16) | Math.floor(firstOffset / AREA_BLOCK_BYTES);
}

/** Does such a register protect something of this stretch of its bank? Where both ends are the same, all of the bank is (RM0433 §4.9.10). */
export function areaTouches(register: number, offset: number, lengthBytes: number): boolean {
  const [first, last] = [register & 0xfff, (register >>> 16) & 0xfff];
  return first === last || (first <= last && offset < (last + 1) * AREA_BLOCK_BYTES && offset + lengthBytes > first * AREA_BLOCK_BYTES);
}

/** As ST ships the parts (RM0399 §4.4.5–4.4.7). */
export function factoryOptionBytes(part: H7Part): OptionBytes {
  return {
    rdp: 0xaa,
    wpsn: part.banks.map(() => (part.family === 'H7Ax' ? 0xffffffff : 0xff)),
    iwdg1Software: true,
    bootAdd0: 0x0800,
    bootAdd1: 0x1ff0,
    // Reserved where there is no second core.
    bootCm4Add0: part.isDualCore ? 0x0810 : 0,
    bootCm4Add1: part.isDualCore ? 0x1000 : 0,
    prar: part.banks.map(() => NO_AREA),
    scar: part.banks.map(() => NO_AREA),
    tcmAxiShared: 0,
  };
}

export const FLASH_OPTSR = {
  IWDG1_SW: { position: 4, width: 1 },
  NRST_STOP_D1: { position: 6, width: 1 },
  NRST_STBY_D1: { position: 7, width: 1 },
  RDP: { position: 8, width: 8 },
  FZ_IWDG_STOP: { position: 17, width: 1 },
  FZ_IWDG_SDBY: { position: 18, width: 1 },
} as const satisfies Record<string, Field>;

/** Parts with two banks only. */
export const FLASH_OPTSR_TWO_BANKS = { SWAP_BANK_OPT: { position: 31, width: 1 } } as const satisfies Record<string, Field>;

/** FLASH_OPTSR_CUR. */
export function optsrValue(options: OptionBytes): number {
  const always = [FLASH_OPTSR.NRST_STOP_D1, FLASH_OPTSR.NRST_STBY_D1, FLASH_OPTSR.FZ_IWDG_STOP, FLASH_OPTSR.FZ_IWDG_SDBY];
  const factory = always.reduce((value, field) => withField(value, field, 1), 0);
  return withField(withField(factory, FLASH_OPTSR.RDP, options.rdp), FLASH_OPTSR.IWDG1_SW, options.iwdg1Software ? 1 : 0);
}

/** FLASH_BOOT_CUR: BOOT_ADD0 in the lower half, BOOT_ADD1 in the upper. */
export function bootValue(options: OptionBytes): number {
  return ((options.bootAdd1 << 16) | options.bootAdd0) >>> 0;
}

/** FLASH_BOOT4_CUR. */
export function bootCm4Value(options: OptionBytes): number {
  return ((options.bootCm4Add1 << 16) | options.bootCm4Add0) >>> 0;
}

/** Is any read-out protection on? */
export function isReadOutProtected(options: OptionBytes): boolean {
  return options.rdp !== 0xaa;
}
