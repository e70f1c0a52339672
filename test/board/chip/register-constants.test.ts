/** The register numbers of host/board/chip, but those of USART and DMA (serial-constants.test.ts), against the headers of ST. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CRC_CR, CRC_OFFSETS } from '../../../host/board/chip/crc-unit.js';
import { FLASH_BASE } from '../../../host/board/chip/flash-controller.js';
import {
  FLASH_BANK2_DISTANCE, FLASH_BANK_OFFSETS, FLASH_H723_OFFSETS, FLASH_LAYOUTS, FLASH_OPTCR, FLASH_SHARED_OFFSETS, FLASH_SR,
} from '../../../host/board/chip/flash-registers.js';
import { GPIO_OFFSETS } from '../../../host/board/chip/gpio.js';
import { IWDG_OFFSETS } from '../../../host/board/chip/iwdg.js';
import { FLASH_OPTSR, FLASH_OPTSR_TWO_BANKS } from '../../../host/board/chip/option-bytes.js';
import { BASES } from '../../../host/board/chip/peripheral-map.js';
import { DBGMCU_IDCODE, DBGMCU_REGISTERS, PLAIN_BASES, PWR_REGISTERS, SYSCFG_REGISTERS } from '../../../host/board/chip/plain-blocks.js';
import {
  CLOCK_ENABLES, RCC_CFGR, RCC_CORE_ALIAS_DISTANCE, RCC_CR, RCC_D1CFGR, RCC_D2CCIP2R, RCC_D2CFGR, RCC_NAMES_H7A3, RCC_OFFSETS_H743, RCC_RSR,
} from '../../../host/board/chip/rcc-registers.js';
import type { RccRegister } from '../../../host/board/chip/rcc-registers.js';
import { USARTS } from '../../../host/board/chip/usart-registers.js';
import type { H7Family } from '../../../host/device/h7-part.js';
import { H7_PARTS } from '../../../host/device/h7-parts.js';
import type { HeaderChip } from '../../fixtures/vendor-registers.js';
import { HEADER_CHIPS, vendor } from '../../fixtures/vendor-registers.js';
import type { Renamed } from './expect-registers.js';
import { expectFields, expectOffsets } from './expect-registers.js';

const FAMILY_OF_CHIP: Readonly<Record<HeaderChip, H7Family>> = { STM32H743xx: 'H74x', STM32H745xx: 'H74x', STM32H723xx: 'H72x', STM32H7A3xx: 'H7Ax' };

describe('the flash controller', () => {
  it.each(HEADER_CHIPS)('%s: offsets of both banks', (chip) => {
    // H745 has boot addresses for each of its cores.
    const renamed: Renamed = chip === 'STM32H745xx' ? { BOOT_CUR: 'BOOT7_CUR', BOOT_PRG: 'BOOT7_PRG' } : {};
    expectOffsets(chip, 'FLASH', { ...FLASH_BANK_OFFSETS, ...FLASH_SHARED_OFFSETS }, renamed);
    if (chip === 'STM32H723xx') return expectOffsets(chip, 'FLASH', FLASH_H723_OFFSETS);
    const bank2 = Object.entries(FLASH_BANK_OFFSETS).map(([name, offset]) => [name.replace(/1$/, '2'), offset + FLASH_BANK2_DISTANCE] as const);
    expectOffsets(chip, 'FLASH', Object.fromEntries(bank2));
  });

  it.each(HEADER_CHIPS)('%s: fields of CR, SR and the option registers', (chip) => {
    const family = FAMILY_OF_CHIP[chip];
    const { cr, reportsOperationErrors, sectorsPerWpsnBit } = FLASH_LAYOUTS[family];
    expectFields(chip, 'FLASH_CR', { ...cr });
    expect(cr.PSIZE !== undefined).toBe(vendor.field(chip, 'FLASH_CR_PSIZE') !== undefined);
    const { OPERR, ...everywhere } = FLASH_SR;
    expectFields(chip, 'FLASH_SR', everywhere);
    expect(vendor.field(chip, 'FLASH_SR_OPERR')).toEqual(reportsOperationErrors ? OPERR : undefined);
    expectFields(chip, 'FLASH_OPTCR', FLASH_OPTCR);
    expectFields(chip, 'FLASH_OPTSR', FLASH_OPTSR);
    if (family !== 'H72x') expectFields(chip, 'FLASH_OPTSR', FLASH_OPTSR_TWO_BANKS);
    expect(vendor.field(chip, 'FLASH_WPSN_WRPSN')?.width).toBe((vendor.constant(chip, 'FLASH_SECTOR_TOTAL') ?? 0) / sectorsPerWpsnBit);
  });

  it.each(HEADER_CHIPS)('%s: geometry and addresses of the part table', (chip) => {
    for (const part of H7_PARTS.filter(({ family }) => family === FAMILY_OF_CHIP[chip])) {
      expect(part.sectorBytes).toBe(vendor.constant(chip, 'FLASH_SECTOR_SIZE'));
      expect(part.flashWordBytes).toBe((vendor.constant(chip, 'FLASH_NB_32BITWORD_IN_FLASHWORD') ?? 0) * 4);
      expect(part.banks[0]?.base).toBe(vendor.constant(chip, 'FLASH_BANK1_BASE'));
      if (part.banks.length > 1) expect(part.banks[1]?.base).toBe(vendor.constant(chip, 'FLASH_BANK2_BASE'));
      expect(part.addresses.flashSize).toBe(vendor.constant(chip, 'FLASHSIZE_BASE'));
      expect(part.addresses.uniqueId).toBe(vendor.constant(chip, 'UID_BASE'));
      expect(part.addresses.crc).toBe(vendor.base(chip, 'CRC'));
    }
  });
});

describe('RCC', () => {
  const isPerCore = (name: string): boolean => name === 'RSR' || name.endsWith('ENR');

  it.each(['STM32H743xx', 'STM32H745xx', 'STM32H723xx'] as const)('offsets on %s', (chip) => {
    expectOffsets(chip, 'RCC', RCC_OFFSETS_H743);
  });

  it('the registers of the own core, where the header of H745 has them', () => {
    const toOwnCore = (vendor.base('STM32H745xx', 'RCC_C1') ?? 0) - (vendor.base('STM32H745xx', 'RCC') ?? 0);
    const aliases = Object.entries(RCC_OFFSETS_H743).filter(([name]) => isPerCore(name));
    expectOffsets('STM32H745xx', 'RCC_Core', Object.fromEntries(aliases.map(([name, offset]) => [name, offset + RCC_CORE_ALIAS_DISTANCE - toOwnCore])));
  });

  it('offsets on H7A3, where the registers of the own core are the only ones', () => {
    for (const [name, offset] of Object.entries(RCC_OFFSETS_H743)) {
      const theirs = vendor.offset('STM32H7A3xx', 'RCC', RCC_NAMES_H7A3[name as RccRegister] ?? name);
      expect(theirs, name).toBe(isPerCore(name) ? offset + RCC_CORE_ALIAS_DISTANCE : offset);
    }
  });

  it('fields', () => {
    for (const chip of HEADER_CHIPS) {
      expectFields(chip, 'RCC_CR', RCC_CR);
      expectFields(chip, 'RCC_CFGR', RCC_CFGR);
    }
    for (const chip of ['STM32H743xx', 'STM32H745xx', 'STM32H723xx'] as const) {
      expectFields(chip, 'RCC_D1CFGR', RCC_D1CFGR);
      expectFields(chip, 'RCC_D2CFGR', RCC_D2CFGR);
      expectFields(chip, 'RCC_RSR', RCC_RSR, chip === 'STM32H745xx' ? { CPURSTF: 'C1RSTF', SFTRSTF: 'SFT1RSTF' } : {});
    }
    expectFields('STM32H743xx', 'RCC_D2CCIP2R', RCC_D2CCIP2R);
    expectFields('STM32H745xx', 'RCC_D2CCIP2R', RCC_D2CCIP2R);
    expectFields('STM32H723xx', 'RCC_D2CCIP2R', RCC_D2CCIP2R, { USART16SEL: 'USART16910SEL' });
    expectFields('STM32H7A3xx', 'RCC_CDCCIP2R', RCC_D2CCIP2R, { USART16SEL: 'USART16910SEL', USART28SEL: 'USART234578SEL' });
  });

  it.each(HEADER_CHIPS)('%s: enable and reset bits', (chip) => {
    const family = FAMILY_OF_CHIP[chip];
    for (const [name, { register, resetRegister, position }] of Object.entries(CLOCK_ENABLES[family])) {
      const header = family === 'H7Ax' && name.startsWith('SRAM') ? `AHB${name}` : name;
      expect(vendor.field(chip, `RCC_${register}_${header}EN`), name).toEqual({ position, width: 1 });
      // Memories have no reset; the fixture has no APB4RSTR, whose SYSCFGRST is bit 1 (RM0433, RCC_APB4RSTR).
      if (name.startsWith('SRAM') || name === 'SYSCFG') continue;
      expect(vendor.field(chip, `RCC_${resetRegister}_${name}RST`), name).toEqual({ position, width: 1 });
    }
  });
});

describe('the other blocks', () => {
  const offsets = (registers: readonly { readonly name: string; readonly offset: number }[]): Record<string, number> =>
    Object.fromEntries(registers.map(({ name, offset }) => [name, offset]));

  it.each(HEADER_CHIPS)('%s: offsets', (chip) => {
    expectOffsets(chip, 'GPIO', GPIO_OFFSETS);
    expectOffsets(chip, 'IWDG', IWDG_OFFSETS);
    expectOffsets(chip, 'CRC', CRC_OFFSETS);
    expectOffsets(chip, 'DBGMCU', { ...offsets(DBGMCU_REGISTERS), IDCODE: DBGMCU_IDCODE.offset });
    expectOffsets(chip, 'SYSCFG', offsets(SYSCFG_REGISTERS));
    const { D3CR, ...power } = offsets(PWR_REGISTERS);
    expectOffsets(chip, 'PWR', power);
    expect(D3CR).toBe(vendor.offset(chip, 'PWR', chip === 'STM32H7A3xx' ? 'SRDCR' : 'D3CR'));
  });

  it.each(HEADER_CHIPS)('%s: base addresses', (chip) => {
    const { AXI, ...plain } = PLAIN_BASES;
    const { DMAMUX1, ...bases } = BASES;
    const usarts = Object.fromEntries(Object.entries(USARTS).map(([name, { base }]) => [name, base]));
    const ours = { FLASH: FLASH_BASE, DMAMUX1_Channel0: DMAMUX1, ...bases, ...plain, ...usarts };
    expect(ours).toEqual(Object.fromEntries(Object.keys(ours).map((name) => [name, vendor.base(chip, name)])));
    // The headers know no interconnect registers; the address is ES0392's.
    expect(AXI).toBe(0x51008000);
  });

  it('fields of CRC and DBGMCU', () => {
    const { DEV_ID, REV_ID } = DBGMCU_IDCODE;
    for (const chip of HEADER_CHIPS) {
      expectFields(chip, 'CRC_CR', CRC_CR);
      expectFields(chip, 'DBGMCU_IDCODE', { DEV_ID, REV_ID });
    }
  });
});

describe('numbers outside the tables', () => {
  const folder = new URL('../../../host/board/chip/', import.meta.url);
  const CITATION = /RM\d{4}|AN\d{4}|ES\d{4}|PM\d{4}|cmsis_device_h7|datasheet/;
  /** Upper bytes of the parts of the memory map that hold anything (RM0433 §2.3); other numbers are masks and patterns. */
  const REGIONS = new Set([0x08, 0x20, 0x24, 0x30, 0x38, 0x40, 0x50, 0x51, 0x52, 0x58, 0x5c]);
  const isAddress = (value: number): boolean => REGIONS.has(value >>> 24) || (value >= 0x1ff00000 && value < 0x1ff60000);
  const known = new Set(HEADER_CHIPS.flatMap((chip) => vendor.numbers(chip)));

  /** Lines with an address that neither the headers know nor a citation, at the line or in the comment above, explains. */
  const unexplained = readdirSync(folder).flatMap((file) => {
    const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
    return lines.flatMap((line, index) => {
      const addresses = [...line.matchAll(/\b0x[0-9a-f_]{8,9}\b/g)].map(([text]) => Number(text.replaceAll('_', ''))).filter(isAddress);
      const isCited = lines.slice(Math.max(0, index - 3), index + 1).some((near) => CITATION.test(near));
      return isCited || addresses.every((address) => known.has(address)) ? [] : [`${file}:${index + 1} ${line.trim()}`];
    });
  });

  it('every address is a header\'s or cites its source', () => {
    expect(unexplained).toEqual([]);
  });
});
