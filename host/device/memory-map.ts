/**
 * Flash addresses ↔ banks and sectors. Pure functions over the facts of a part; nothing here knows an image or a plan.
 */
import type { FlashBank, H7Part } from './h7-part.js';

/** One erasable unit. */
export interface Sector {
  /** 0 for bank 1, 1 for bank 2. */
  readonly bankIndex: number;
  /** Within its bank: what FLASH_CR.SNB takes. */
  readonly indexInBank: number;
  /** Counted over all banks without the hole: what AN3155 Extended Erase takes. */
  readonly number: number;
  readonly base: number;
  readonly lengthBytes: number;
}

/** A run of addresses. */
export interface AddressRange {
  readonly address: number;
  readonly lengthBytes: number;
}

export function bankLengthBytes(part: H7Part, bank: FlashBank): number {
  return bank.sectorCount * part.sectorBytes;
}

/** Index of the bank that holds `address`, or undefined outside flash and in the hole of 1 MB parts. */
export function bankIndexAt(part: H7Part, address: number): number | undefined {
  const index = part.banks.findIndex((bank) => address >= bank.base && address < bank.base + bankLengthBytes(part, bank));
  return index === -1 ? undefined : index;
}

/** The sector that holds `address`, or undefined outside flash and in the hole of 1 MB parts. */
export function sectorAt(part: H7Part, address: number): Sector | undefined {
  const bankIndex = bankIndexAt(part, address);
  const bank = bankIndex === undefined ? undefined : part.banks[bankIndex];
  if (bankIndex === undefined || bank === undefined) return undefined;
  return sectorOfBank(part, bankIndex, bank, Math.floor((address - bank.base) / part.sectorBytes));
}

/** All sectors in address order. */
export function sectors(part: H7Part): readonly Sector[] {
  return part.banks.flatMap((bank, bankIndex) =>
    Array.from({ length: bank.sectorCount }, (_, indexInBank) => sectorOfBank(part, bankIndex, bank, indexInBank)),
  );
}

/** The sectors that hold at least one byte of the range, in address order. Bytes outside flash are the caller's: `outsideFlash`. */
export function sectorsCovering(part: H7Part, range: AddressRange): readonly Sector[] {
  const end = range.address + range.lengthBytes;
  return sectors(part).filter((sector) => sector.base < end && sector.base + sector.lengthBytes > range.address);
}

/** Gaps between the banks: 0x08080000–0x080FFFFF on 1 MB parts, none elsewhere (RM0399 table 15). */
export function holes(part: H7Part): readonly AddressRange[] {
  return part.banks.slice(1).flatMap((bank, index) => {
    const below = part.banks[index] as FlashBank;
    const address = below.base + bankLengthBytes(part, below);
    return address < bank.base ? [{ address, lengthBytes: bank.base - address }] : [];
  });
}

/** The pieces of the range that no bank holds, in address order. */
export function outsideFlash(part: H7Part, range: AddressRange): readonly AddressRange[] {
  const pieces: AddressRange[] = [];
  const end = range.address + range.lengthBytes;
  let address = range.address;
  for (const bank of part.banks) {
    const gapEnd = Math.min(bank.base, end);
    if (address < gapEnd) pieces.push({ address, lengthBytes: gapEnd - address });
    address = Math.max(address, bank.base + bankLengthBytes(part, bank));
  }
  if (address < end) pieces.push({ address, lengthBytes: end - address });
  return pieces;
}

function sectorOfBank(part: H7Part, bankIndex: number, bank: FlashBank, indexInBank: number): Sector {
  const sectorsBelow = part.banks.slice(0, bankIndex).reduce((sum, lower) => sum + lower.sectorCount, 0);
  return {
    bankIndex,
    indexInBank,
    number: sectorsBelow + indexInBank,
    base: bank.base + indexInBank * part.sectorBytes,
    lengthBytes: part.sectorBytes,
  };
}
