/**
 * What differs between the ROM bootloaders of the STM32H7: facts only, one row per family and bootloader ID.
 *
 * Source: AN2606 Rev 70, tables 135–137 and 226–228 and the bootloader version tables of each device; where a row models what users
 * reported instead, it says so.
 */
import type { AddressWindow, H7Family } from '../../device/h7-part.js';

/** A USART of the bootloader by the pins of the board: `tx` is what the ROM drives, `rx` what it listens to. */
export interface RomPort {
  readonly usart: 'USART1' | 'USART2' | 'USART3';
  readonly tx: string;
  readonly rx: string;
}

export interface RomVersion {
  readonly family: H7Family;
  /** The byte that identifies it in system memory; 0x92 is V9.2. */
  readonly bootloaderId: number;
  /** From the end of reset until 0x7F is heard. */
  readonly startUpMs: number;
  /** RAM that Read, Write and Go accept. The rest belongs to the ROM itself or is refused. */
  readonly ramWindows: readonly AddressWindow[];
  readonly systemMemory: AddressWindow;
  readonly ports: readonly RomPort[];
  /** An RX pin on which the first 0x7F is not answered and on which faster lines are not heard. */
  readonly weakPort: { readonly rx: string; readonly maxBaudRate: number } | undefined;
  /** Is the command byte of Go answered at all? */
  readonly acknowledgesGo: boolean;
  /** `reset`: Go ends in a reset instead of a jump. */
  readonly go: 'jumps' | 'resets';
  /** A stack pointer in a Go image that is not below the end of its RAM by more than this ends in a reset. */
  readonly goStackReserveBytes: number | undefined;
  /** Sector erases of bank 2 are answered while the erase still runs. */
  readonly answersBank2EraseEarly: boolean;
  /** The special codes of Extended Erase work. */
  readonly erasesBanks: boolean;
  /** A Read Memory of flash makes the next Write Memory to flash lose its first bytes, though it is acknowledged. */
  readonly bytesLostAfterRead: number;
}

const DTCM: AddressWindow = { first: 0x20004100, last: 0x2001ffff };
const PA9_PA10: RomPort = { usart: 'USART1', tx: 'PA9', rx: 'PA10' };
const PB14_PB15: RomPort = { usart: 'USART1', tx: 'PB14', rx: 'PB15' };
const PA2_PA3: RomPort = { usart: 'USART2', tx: 'PA2', rx: 'PA3' };
const PB10_PB11: RomPort = { usart: 'USART3', tx: 'PB10', rx: 'PB11' };
const PD8_PD9: RomPort = { usart: 'USART3', tx: 'PD8', rx: 'PD9' };

/** AN2606 Rev 70, STM32H74xxx/75xxx. V9.1 gave AXI SRAM back: the ROM keeps 20 KiB of it instead of 208 KiB. */
const H74X = {
  family: 'H74x',
  startUpMs: 54,
  ramWindows: [DTCM, { first: 0x24005000, last: 0x2407ffff }],
  systemMemory: { first: 0x1ff00000, last: 0x1ff1e7ff },
  ports: [PA9_PA10, PB14_PB15, PA2_PA3, PB10_PB11],
  weakPort: { rx: 'PB15', maxBaudRate: 115_200 },
  acknowledgesGo: true,
  go: 'jumps',
  goStackReserveBytes: undefined,
  answersBank2EraseEarly: false,
  erasesBanks: true,
  bytesLostAfterRead: 0,
} as const;

const H74X_FIRST = {
  ...H74X,
  ramWindows: [DTCM, { first: 0x24034000, last: 0x2407ffff }],
  answersBank2EraseEarly: true,
} as const;

/** Lost bytes after a read: reported by users and confirmed by ST for H723, not in AN2606 Rev 70. */
const H72X = {
  ...H74X,
  family: 'H72x',
  ramWindows: [DTCM, { first: 0x24004000, last: 0x2404ffff }],
  ports: [PA9_PA10, PA2_PA3, PB10_PB11, PD8_PD9],
  weakPort: undefined,
  bytesLostAfterRead: 32,
} as const;

const H7AX = {
  ...H74X,
  family: 'H7Ax',
  startUpMs: 545,
  ramWindows: [DTCM, { first: 0x24034000, last: 0x2407ffff }],
  systemMemory: { first: 0x1ff00000, last: 0x1ff13fff },
  ports: [PA9_PA10, PA2_PA3, PB10_PB11, PD8_PD9],
  weakPort: undefined,
} as const;

export const ROM_VERSIONS: readonly RomVersion[] = [
  { ...H74X_FIRST, bootloaderId: 0x90, acknowledgesGo: false, goStackReserveBytes: 16 },
  { ...H74X, bootloaderId: 0x91, answersBank2EraseEarly: true },
  { ...H74X, bootloaderId: 0x92 },
  // V13.2: ST says that Go does not work; one user says that it does. The unkind reading.
  { ...H74X_FIRST, bootloaderId: 0xd2, go: 'resets', ports: [PA9_PA10, PB14_PB15, PB10_PB11] },
  { ...H74X_FIRST, bootloaderId: 0xd3, answersBank2EraseEarly: false, erasesBanks: false },
  { ...H72X, bootloaderId: 0x91 },
  { ...H72X, bootloaderId: 0x92 },
  { ...H72X, bootloaderId: 0x93 },
  { ...H7AX, bootloaderId: 0x90 },
  { ...H7AX, bootloaderId: 0x91 },
  { ...H7AX, bootloaderId: 0x92 },
];

export function findRomVersion(family: H7Family, bootloaderId: number): RomVersion | undefined {
  return ROM_VERSIONS.find((version) => version.family === family && version.bootloaderId === bootloaderId);
}

/** What ST ships today (AN2606 Rev 70). */
export function currentRomVersion(family: H7Family): RomVersion {
  const ofFamily = ROM_VERSIONS.filter((version) => version.family === family && version.bootloaderId < 0xd0);
  return ofFamily.reduce((newest, version) => (version.bootloaderId > newest.bootloaderId ? version : newest));
}
