import { describe, expect, it } from 'vitest';
import type { H7Part } from '../../host/device/h7-part.js';
import { findPart, findParts, H7_PARTS } from '../../host/device/h7-parts.js';
import { bankIndexAt, bankLengthBytes, holes, outsideFlash, sectorAt, sectors, sectorsCovering } from '../../host/device/memory-map.js';

function partNamed(name: string): H7Part {
  const part = findPart(name);
  if (part === undefined) throw new Error(`no part ${name}`);
  return part;
}

describe('the part table', () => {
  it('finds a part by name in any case', () => {
    expect(findPart('stm32h743XI')?.name).toBe('STM32H743xI');
    expect(findPart('STM32F103')).toBeUndefined();
  });

  it('has one device id for many parts and lets the flash size narrow it', () => {
    expect(new Set(findParts(0x450).map((part) => part.flashSizeKiB))).toEqual(new Set([2048, 1024, 128]));
    expect(findParts(0x450, 128).map((part) => part.name)).toEqual(['STM32H750xB']);
    expect(findParts(0x483, 512).map((part) => part.name)).toEqual(['STM32H723xE', 'STM32H725xE']);
    expect(findParts(0x499)).toEqual([]);
  });

  it.each(H7_PARTS.map((part) => [part.name, part] as const))('%s: banks and flash size agree, names are unique', (name, part) => {
    const total = part.banks.reduce((sum, bank) => sum + bankLengthBytes(part, bank), 0);
    expect(total).toBe(part.flashSizeKiB * 1024);
    expect(H7_PARTS.filter((other) => other.name === name)).toHaveLength(1);
    expect(part.sectorBytes % part.flashWordBytes).toBe(0);
  });

  it.each(H7_PARTS.map((part) => [part.name, part] as const))('%s: RAM regions do not overlap and hold the windows of the bootloader', (_name, part) => {
    const sorted = [...part.ram].sort((a, b) => a.base - b.base);
    sorted.forEach((region, index) => {
      const next = sorted[index + 1];
      if (next !== undefined) expect(region.base + region.lengthBytes).toBeLessThanOrEqual(next.base);
    });
    for (const window of part.bootloaderRam) {
      expect(part.ram.some((region) => window.first >= region.base && window.last < region.base + region.lengthBytes)).toBe(true);
    }
  });
});

describe('addresses and sectors', () => {
  it('the last byte of bank 1 and the first of bank 2 are neighbours on a 2 MB part', () => {
    const part = partNamed('STM32H743xI');
    expect(sectorAt(part, 0x080fffff)).toMatchObject({ bankIndex: 0, indexInBank: 7, number: 7, base: 0x080e0000 });
    expect(sectorAt(part, 0x08100000)).toMatchObject({ bankIndex: 1, indexInBank: 0, number: 8, base: 0x08100000 });
    expect(holes(part)).toEqual([]);
  });

  it('a 1 MB part has a hole where the second half of bank 1 would be', () => {
    const part = partNamed('STM32H743xG');
    expect(holes(part)).toEqual([{ address: 0x08080000, lengthBytes: 0x80000 }]);
    expect(sectorAt(part, 0x0807ffff)?.number).toBe(3);
    expect(sectorAt(part, 0x08080000)).toBeUndefined();
    expect(bankIndexAt(part, 0x080fffff)).toBeUndefined();
    expect(sectorAt(part, 0x08100000)).toMatchObject({ bankIndex: 1, indexInBank: 0, number: 4 });
  });

  it('an H7A3 counts its 8 KiB sectors over both banks', () => {
    const part = partNamed('STM32H7A3xI');
    expect(sectorAt(part, 0x08102000)).toMatchObject({ bankIndex: 1, indexInBank: 1, number: 129, lengthBytes: 8192 });
    expect(sectors(part)).toHaveLength(256);
  });

  it('a range covers exactly the sectors that it touches with a byte', () => {
    const part = partNamed('STM32H743xI');
    const numbers = (address: number, lengthBytes: number): number[] => sectorsCovering(part, { address, lengthBytes }).map((sector) => sector.number);
    expect(numbers(0x08000000, 1)).toEqual([0]);
    expect(numbers(0x0801ffff, 1)).toEqual([0]);
    expect(numbers(0x0801ffff, 2)).toEqual([0, 1]);
    expect(numbers(0x080e0000, 0x40000)).toEqual([7, 8]);
    expect(numbers(0x08020000, 0)).toEqual([]);
  });

  it('bytes below flash, in the hole and behind the end are named', () => {
    const part = partNamed('STM32H743xG');
    expect(outsideFlash(part, { address: 0x07fffff0, lengthBytes: 0x200000 })).toEqual([
      { address: 0x07fffff0, lengthBytes: 0x10 },
      { address: 0x08080000, lengthBytes: 0x80000 },
      { address: 0x08180000, lengthBytes: 0x7fff0 },
    ]);
    expect(outsideFlash(part, { address: 0x08100000, lengthBytes: 0x80000 })).toEqual([]);
    expect(outsideFlash(part, { address: 0x24000000, lengthBytes: 4 })).toEqual([{ address: 0x24000000, lengthBytes: 4 }]);
  });
});
