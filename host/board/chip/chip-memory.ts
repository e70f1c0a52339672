/** The RAMs of a part as regions on the bus, and their contents at power-on: garbage. */
import type { H7Part, RamRegion } from '../../device/h7-part.js';
import type { MemoryRegion } from '../cpu/bus.js';
import type { Random } from '../random.js';

export interface ChipRam {
  readonly facts: RamRegion;
  readonly region: MemoryRegion;
}

const SHARED_BLOCK_BYTES = 0x10000;

/** @param tcmAxiShared blocks of 64 KiB that AXI SRAM gives to ITCM, from its end (RM0468, FLASH_OPTSR2.TCM_AXI_SHARED) */
export function chipRam(part: H7Part, tcmAxiShared: number): readonly ChipRam[] {
  const moved = part.family === 'H72x' ? tcmAxiShared * SHARED_BLOCK_BYTES : 0;
  return part.ram.map((facts) => {
    const delta = facts.name === 'AXI' ? -moved : facts.name === 'ITCM' ? moved : 0;
    const bytes = new Uint8Array(facts.lengthBytes + delta);
    const isOn = facts.clocks.length === 0;
    return { facts, region: { name: facts.name, base: facts.base, bytes, readable: isOn, writable: isOn, executable: isOn } };
  });
}

export function fillWithGarbage(ram: readonly ChipRam[], random: Random): void {
  for (const { region } of ram) random.fill(region.bytes);
}

/** Garbage wherever the ROM bootloader may have worked: all RAM outside the windows that it hands to its user. */
export function scrambleRam(part: H7Part, ram: readonly ChipRam[], random: Random): void {
  for (const { region } of ram) {
    const end = region.base + region.bytes.length;
    let from = region.base;
    for (const window of part.bootloaderRam) {
      if (window.first < region.base || window.first >= end) continue;
      random.fill(region.bytes.subarray(from - region.base, window.first - region.base));
      from = window.last + 1;
    }
    if (from < end) random.fill(region.bytes.subarray(from - region.base));
  }
}

/** Little-endian. */
export function loadBytes(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}

/** Little-endian. */
export function storeBytes(bytes: Uint8Array, offset: number, size: number, value: number): void {
  for (let index = 0; index < size; index++) bytes[offset + index] = (value >>> (8 * index)) & 0xff;
}
