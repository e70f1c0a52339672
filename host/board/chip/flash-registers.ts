/**
 * Registers of the flash controller and how the families differ, as data. Names as in ST's CMSIS headers (cmsis_device_h7 13ba9da);
 * a test compares every number with them.
 */
import type { H7Family } from '../../device/h7-part.js';
import type { Field } from './register-access.js';

/** Registers that every bank has for itself: bank 2's are 0x100 higher. */
export const FLASH_BANK_OFFSETS = {
  KEYR1: 0x004,
  CR1: 0x00c,
  SR1: 0x010,
  CCR1: 0x014,
  PRAR_CUR1: 0x028,
  PRAR_PRG1: 0x02c,
  SCAR_CUR1: 0x030,
  SCAR_PRG1: 0x034,
  WPSN_CUR1: 0x038,
  WPSN_PRG1: 0x03c,
  ECC_FA1: 0x060,
} as const;
export type FlashBankRegister = keyof typeof FLASH_BANK_OFFSETS;

/** Registers of the controller as a whole, seen at both places (RM0399 table 19). */
export const FLASH_SHARED_OFFSETS = {
  ACR: 0x000,
  OPTKEYR: 0x008,
  OPTCR: 0x018,
  OPTSR_CUR: 0x01c,
  OPTSR_PRG: 0x020,
  OPTCCR: 0x024,
  BOOT_CUR: 0x040,
  BOOT_PRG: 0x044,
} as const;
export type FlashSharedRegister = keyof typeof FLASH_SHARED_OFFSETS | keyof typeof FLASH_H723_OFFSETS | keyof typeof FLASH_H745_OFFSETS;

/** H72x only. */
export const FLASH_H723_OFFSETS = { OPTSR2_CUR: 0x070, OPTSR2_PRG: 0x074 } as const;

/** Dual-core parts, and their single-core twins: one device id, one die. */
export const FLASH_H745_OFFSETS = { BOOT4_CUR: 0x048, BOOT4_PRG: 0x04c } as const;

export const FLASH_FAMILY_OFFSETS: Readonly<Record<H7Family, Readonly<Record<string, number>>>> = { H72x: FLASH_H723_OFFSETS, H74x: FLASH_H745_OFFSETS, H7Ax: {} };

export const FLASH_BANK2_DISTANCE = 0x100;

/** FLASH_KEYR (RM0399 §4.9.2). */
export const FLASH_KEYS = { KEY1: 0x45670123, KEY2: 0xcdef89ab } as const;

export const FLASH_SR = {
  BSY: { position: 0, width: 1 },
  WBNE: { position: 1, width: 1 },
  QW: { position: 2, width: 1 },
  EOP: { position: 16, width: 1 },
  WRPERR: { position: 17, width: 1 },
  PGSERR: { position: 18, width: 1 },
  STRBERR: { position: 19, width: 1 },
  INCERR: { position: 21, width: 1 },
  OPERR: { position: 22, width: 1 },
  RDPERR: { position: 23, width: 1 },
  SNECCERR: { position: 25, width: 1 },
  DBECCERR: { position: 26, width: 1 },
} as const satisfies Record<string, Field>;

/** FLASH_OPTCR.OPTLOCK: always set here, option bytes do not change. */
export const FLASH_OPTCR = { OPTLOCK: { position: 0, width: 1 } } as const satisfies Record<string, Field>;

export interface FlashControlFields {
  readonly LOCK: Field;
  readonly PG: Field;
  readonly SER: Field;
  readonly BER: Field;
  /** H7A/H7B have none: the array always programs at full width. */
  readonly PSIZE?: Field;
  readonly FW: Field;
  readonly START: Field;
  readonly SNB: Field;
}

/** What differs between the families. */
export interface FlashLayout {
  readonly cr: FlashControlFields;
  readonly crResetValue: number;
  readonly acrResetValue: number;
  /** FLASH_SR.OPERR exists. */
  readonly reportsOperationErrors: boolean;
  /** Sectors that one bit of FLASH_WPSN protects. */
  readonly sectorsPerWpsnBit: number;
}

const COMMON_CR = {
  LOCK: { position: 0, width: 1 },
  PG: { position: 1, width: 1 },
  SER: { position: 2, width: 1 },
  BER: { position: 3, width: 1 },
} as const;

const H74X_LAYOUT: FlashLayout = {
  cr: {
    ...COMMON_CR,
    PSIZE: { position: 4, width: 2 },
    FW: { position: 6, width: 1 },
    START: { position: 7, width: 1 },
    SNB: { position: 8, width: 3 },
  },
  crResetValue: 0x31, // RM0399 §4.9.4
  acrResetValue: 0x37, // RM0399 §4.9.1
  reportsOperationErrors: true,
  sectorsPerWpsnBit: 1,
};

export const FLASH_LAYOUTS: Readonly<Record<H7Family, FlashLayout>> = {
  H74x: H74X_LAYOUT,
  H72x: H74X_LAYOUT,
  H7Ax: {
    cr: { ...COMMON_CR, FW: { position: 4, width: 1 }, START: { position: 5, width: 1 }, SNB: { position: 6, width: 7 } },
    crResetValue: 0x01, // RM0455, FLASH_CR1
    acrResetValue: 0x13, // RM0455, FLASH_ACR
    reportsOperationErrors: false,
    sectorsPerWpsnBit: 4,
  },
};
