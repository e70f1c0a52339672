/**
 * The parts that stage-flash knows. Facts only, no behaviour.
 *
 * Sources: addresses and flash geometry ST cmsis_device_h7 13ba9da; RAM sizes RM0433, RM0468, RM0455 memory maps; windows of the
 * ROM bootloader AN2606 Rev 70 tables 135, 137 and 226; flash times the H743 datasheet ("Flash memory programming").
 */
import type { AddressWindow, FlashBank, FlashTiming, H7Addresses, H7Family, H7Part, Parallelism, RamRegion } from './h7-part.js';

const KIB = 1024;
const BANK1 = 0x08000000;
/** Bank 2 stays here on 1 MB parts too: what lies between the banks is a hole (RM0399 table 15). */
const BANK2 = 0x08100000;

/** H743 datasheet. For H72x and H7A/H7B no table was seen: these rows stand in for them until someone measures. */
const FLASH_TIMING_H743: Readonly<Record<Parallelism, FlashTiming>> = {
  x8: { wordProgramUs: { typical: 290, maximum: 580 }, sectorEraseMs: { typical: 2000, maximum: 4000 } },
  x16: { wordProgramUs: { typical: 180, maximum: 360 }, sectorEraseMs: { typical: 1800, maximum: 3600 } },
  x32: { wordProgramUs: { typical: 130, maximum: 260 }, sectorEraseMs: { typical: 1100, maximum: 2200 } },
  x64: { wordProgramUs: { typical: 100, maximum: 200 }, sectorEraseMs: { typical: 1000, maximum: 2000 } },
};

const ADDRESSES_H74X: H7Addresses = { flashSize: 0x1ff1e880, uniqueId: 0x1ff1e800, bootloaderId: 0x1ff1e7fe, crc: 0x58024c00 };

const DTCM_WINDOW: AddressWindow = { first: 0x20004100, last: 0x2001ffff };

interface FamilyFacts {
  readonly family: H7Family;
  readonly deviceId: number;
  readonly sectorBytes: number;
  readonly flashWordBytes: number;
  readonly addresses: H7Addresses;
  readonly bootloaderRam: readonly AddressWindow[];
}

const H74X: FamilyFacts = {
  family: 'H74x',
  deviceId: 0x450,
  sectorBytes: 128 * KIB,
  flashWordBytes: 32,
  addresses: ADDRESSES_H74X,
  // ROM version 0x90 keeps AXI SRAM up to 0x24033FFF for itself, later ones up to 0x24004FFF; the AXI SRAM of H742 ends at 0x2405FFFF.
  bootloaderRam: [DTCM_WINDOW, { first: 0x24034000, last: 0x2405ffff }],
};
const H72X: FamilyFacts = {
  family: 'H72x',
  deviceId: 0x483,
  sectorBytes: 128 * KIB,
  flashWordBytes: 32,
  addresses: ADDRESSES_H74X,
  bootloaderRam: [DTCM_WINDOW, { first: 0x24004000, last: 0x2404ffff }],
};
const H7AX: FamilyFacts = {
  family: 'H7Ax',
  deviceId: 0x480,
  sectorBytes: 8 * KIB,
  flashWordBytes: 16,
  addresses: { flashSize: 0x08fff80c, uniqueId: 0x08fff800, bootloaderId: 0x1ff13ffe, crc: 0x40023000 },
  bootloaderRam: [DTCM_WINDOW, { first: 0x24034000, last: 0x2407ffff }],
};

const ram = (name: string, base: number, lengthKiB: number, reachableByDma: boolean, ...clocks: string[]): RamRegion => ({
  name,
  base,
  lengthBytes: lengthKiB * KIB,
  reachableByDma,
  clocks,
});

const ITCM = ram('ITCM', 0x00000000, 64, false);
const DTCM = ram('DTCM', 0x20000000, 128, false);

const RAM_H743 = [
  ITCM,
  DTCM,
  ram('AXI', 0x24000000, 512, true),
  ram('SRAM1', 0x30000000, 128, true, 'SRAM1'),
  ram('SRAM2', 0x30020000, 128, true, 'SRAM2'),
  ram('SRAM3', 0x30040000, 32, true, 'SRAM3'),
  ram('SRAM4', 0x38000000, 64, true),
];
const RAM_H742 = [
  ITCM,
  DTCM,
  ram('AXI', 0x24000000, 384, true),
  ram('SRAM1', 0x30000000, 32, true, 'SRAM1'),
  ram('SRAM2', 0x30020000, 16, true, 'SRAM2'),
  ram('SRAM4', 0x38000000, 64, true),
];
/** With TCM_AXI_SHARED = 0; the option gives up to 192 KiB of AXI SRAM to ITCM, from its end (RM0468). */
const RAM_H723 = [
  ITCM,
  DTCM,
  ram('AXI', 0x24000000, 320, true),
  // Two 16 KiB memories without a gap, each with its own clock.
  ram('SRAM1+2', 0x30000000, 32, true, 'SRAM1', 'SRAM2'),
  ram('SRAM4', 0x38000000, 16, true),
];
const RAM_H7A3 = [
  ITCM,
  DTCM,
  ram('AXI', 0x24000000, 1024, true),
  ram('SRAM1', 0x30000000, 64, true, 'SRAM1'),
  ram('SRAM2', 0x30010000, 64, true, 'SRAM2'),
  ram('SRAM4', 0x38000000, 32, true),
];

function part(name: string, facts: FamilyFacts, sectorsPerBank: number, bankBases: readonly number[], regions: readonly RamRegion[]): H7Part {
  const banks: readonly FlashBank[] = bankBases.map((base) => ({ base, sectorCount: sectorsPerBank }));
  return {
    name,
    ...facts,
    isDualCore: /^STM32H7[45][57]/.test(name),
    flashSizeKiB: (banks.length * sectorsPerBank * facts.sectorBytes) / KIB,
    banks,
    flashTiming: FLASH_TIMING_H743,
    ram: regions,
  };
}

const BOTH_BANKS = [BANK1, BANK2];

export const H7_PARTS: readonly H7Part[] = [
  part('STM32H743xI', H74X, 8, BOTH_BANKS, RAM_H743),
  part('STM32H743xG', H74X, 4, BOTH_BANKS, RAM_H743),
  part('STM32H753xI', H74X, 8, BOTH_BANKS, RAM_H743),
  part('STM32H742xI', H74X, 8, BOTH_BANKS, RAM_H742),
  part('STM32H742xG', H74X, 4, BOTH_BANKS, RAM_H742),
  part('STM32H745xI', H74X, 8, BOTH_BANKS, RAM_H743),
  part('STM32H745xG', H74X, 4, BOTH_BANKS, RAM_H743),
  part('STM32H747xI', H74X, 8, BOTH_BANKS, RAM_H743),
  part('STM32H747xG', H74X, 4, BOTH_BANKS, RAM_H743),
  part('STM32H755xI', H74X, 8, BOTH_BANKS, RAM_H743),
  part('STM32H757xI', H74X, 8, BOTH_BANKS, RAM_H743),
  part('STM32H750xB', H74X, 1, [BANK1], RAM_H743),
  part('STM32H723xG', H72X, 8, [BANK1], RAM_H723),
  part('STM32H723xE', H72X, 4, [BANK1], RAM_H723),
  part('STM32H725xG', H72X, 8, [BANK1], RAM_H723),
  part('STM32H725xE', H72X, 4, [BANK1], RAM_H723),
  part('STM32H733xG', H72X, 8, [BANK1], RAM_H723),
  part('STM32H735xG', H72X, 8, [BANK1], RAM_H723),
  part('STM32H730xB', H72X, 1, [BANK1], RAM_H723),
  part('STM32H7A3xI', H7AX, 128, BOTH_BANKS, RAM_H7A3),
  part('STM32H7A3xG', H7AX, 64, BOTH_BANKS, RAM_H7A3),
  part('STM32H7B3xI', H7AX, 128, BOTH_BANKS, RAM_H7A3),
  part('STM32H7B0xB', H7AX, 16, [BANK1], RAM_H7A3),
];

/** By name, in any case: `stm32h743xi`. */
export function findPart(name: string): H7Part | undefined {
  return H7_PARTS.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
}

/** Every part that answers with this device id and, when it is known, this content of the flash size register. */
export function findParts(deviceId: number, flashSizeKiB?: number): readonly H7Part[] {
  return H7_PARTS.filter((candidate) => candidate.deviceId === deviceId && (flashSizeKiB === undefined || candidate.flashSizeKiB === flashSizeKiB));
}
