/** Every number in stub/registers.h against the headers of ST and Arm, of each chip that has it. What they do not know must cite its source at the line. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HeaderChip } from '../fixtures/vendor-registers.js';
import { HEADER_CHIPS, vendor } from '../fixtures/vendor-registers.js';

const HEADER = new URL('../../stub/registers.h', import.meta.url);
const CITATION = /\b(RM\d{4}|PM\d{4}|AN\d{4}|ES\d{4}|CoreSight)\b/;
/** Sizes and values that are this project's own, not a register's. */
const OWN = new Set(['GPIO_PORT_BYTES', 'SCB_CFSR_WRITE_ONE_TO_CLEAR']);

interface Define {
  readonly name: string;
  readonly value: number;
  readonly isCited: boolean;
}

function defines(): readonly Define[] {
  return readFileSync(HEADER, 'utf8').split('\n').flatMap((line) => {
    const match = /^#define ([A-Z0-9_]+) +(\(.*?\)|\w+)/.exec(line);
    if (match === null || match[1] === undefined || match[2] === undefined) return [];
    const terms = /^\(?(\w+?)u?(?: << (\d+))?\)?$/.exec(match[2]);
    if (terms === null) return [{ name: match[1], value: NaN, isCited: false }];
    return [{ name: match[1], value: (Number(terms[1]) * 2 ** Number(terms[2] ?? 0)) >>> 0, isCited: CITATION.test(line) }];
  });
}

/** `FLASH_H7A_CR_SSN_POSITION` is FLASH_CR_SNB of the H7A3 header. */
const plainName = (name: string): string => name.replace('_H7A', '').replace('_SSN', '_SNB');
const OWN_TO_H7A = new Set(defines().filter(({ name }) => name.includes('_H7A')).map(({ name }) => plainName(name)));

/** The headers that a define must agree with: all, except where H7A3 has a define of its own. */
function chipsOf(name: string): readonly HeaderChip[] {
  if (name.includes('_H7A')) return ['STM32H7A3xx'];
  return HEADER_CHIPS.filter((chip) => chip !== 'STM32H7A3xx' || !OWN_TO_H7A.has(name));
}

const BLOCKS: Readonly<Record<string, string>> = { SYSTICK: 'SysTick', COREDEBUG: 'CoreDebug' };
const ADDRESSES: Readonly<Record<string, string>> = { FLASH_SIZE_ADDRESS: 'FLASHSIZE_BASE', UID_ADDRESS: 'UID_BASE' };

function vendorBase(chip: HeaderChip, block: string): number | undefined {
  const instance = /^(DMA1_STREAM|DMAMUX1_CHANNEL)(\d)$/.exec(block);
  if (instance === null) return vendor.base(chip, BLOCKS[block] ?? block);
  const [first, distance] = instance[1] === 'DMA1_STREAM' ? ['DMA1_Stream0', 0x18] : ['DMAMUX1_Channel0', 4];
  const base = vendor.base(chip, first as string);
  return base === undefined ? undefined : base + Number(instance[2]) * (distance as number);
}

function vendorOffset(chip: HeaderChip, name: string): number | undefined {
  const stream = /^DMA_SX(\w+)$/.exec(name);
  if (stream?.[1] !== undefined) return vendor.offset(chip, 'DMA_Stream', stream[1]);
  if (name.startsWith('RCC_C1_')) return ownCoreOffset(chip, name.slice('RCC_C1_'.length));
  const [block = '', ...rest] = name.split('_');
  const register = rest.join('_').replace(/^AFRL$/, 'AFR');
  const header = BLOCKS[block] ?? block;
  return vendor.offset(chip, header, register) ?? vendor.offset(chip, header, `${register}1`);
}

/** Registers of the own core as offsets from RCC: a block of its own on dual-core parts, the only ones on H7A3. */
function ownCoreOffset(chip: HeaderChip, register: string): number | undefined {
  const [base, start, offset] = [vendor.base(chip, 'RCC_C1'), vendor.base(chip, 'RCC'), vendor.offset(chip, 'RCC_Core', register)];
  if (base !== undefined && start !== undefined && offset !== undefined) return base - start + offset;
  return chip === 'STM32H7A3xx' ? vendor.offset(chip, 'RCC', register) : undefined;
}

/** The longest field whose name the define's begins with: `FLASH_CR_PSIZE_X64` is a value of FLASH_CR_PSIZE. */
function vendorField(chip: HeaderChip, name: string): { readonly position: number; readonly width: number } | undefined {
  const candidates = vendor.fieldNames(chip).filter((field) => `${name}_`.startsWith(`${plainName(field.toUpperCase())}_`));
  const longest = candidates.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : vendor.field(chip, longest);
}

/** undefined: none of the headers can tell. */
function agrees(define: Define): boolean | undefined {
  const verdicts = chipsOf(define.name).map((chip) => agreesOn(chip, define)).filter((verdict) => verdict !== undefined);
  return verdicts.length === 0 ? undefined : verdicts.every(Boolean);
}

function agreesOn(chip: HeaderChip, { name, value }: Define): boolean | undefined {
  const plain = plainName(name);
  const compare = (theirs: number | undefined): boolean | undefined => (theirs === undefined ? undefined : theirs === value);
  const address = ADDRESSES[plain];
  if (address !== undefined) return compare(vendor.constant(chip, address));
  if (plain.endsWith('_BASE')) return compare(vendorBase(chip, plain.slice(0, -5)));
  if (plain.endsWith('_AT')) return compare(vendorOffset(chip, plain.slice(0, -3)));
  const isPosition = plain.endsWith('_POSITION');
  const field = vendorField(chip, isPosition ? plain.slice(0, -9) : plain);
  if (field === undefined) return undefined;
  if (isPosition) return field.position === value;
  const mask = ((2 ** field.width - 1) * 2 ** field.position) >>> 0;
  return field.width === 1 ? value === mask : value !== 0 && (value & ~mask) === 0;
}

describe('stub/registers.h', () => {
  it('is read line by line', () => {
    expect(defines().length).toBeGreaterThan(80);
    expect(defines().filter(({ value }) => Number.isNaN(value))).toEqual([]);
  });

  it.each(defines().filter(({ name }) => name !== 'REGISTERS_H' && !OWN.has(name)).map((define) => [define.name, define] as const))('%s', (name, define) => {
    const verdict = agrees(define);
    if (verdict === undefined) expect(define.isCited, `${name} is in no header and cites nothing`).toBe(true);
    else expect(verdict, `${name} differs from the header`).toBe(true);
  });

  it('a wrong bit, a wrong offset and an unknown name would be noticed', () => {
    expect(agrees({ name: 'FLASH_CR_START', value: 1 << 6, isCited: false })).toBe(false);
    expect(agrees({ name: 'FLASH_SR_AT', value: 0x14, isCited: false })).toBe(false);
    expect(agrees({ name: 'FLASH_CR_PSIZE_X64', value: 7 << 4, isCited: false })).toBe(false);
    expect(agrees({ name: 'RCC_C1_AHB1ENR_AT', value: 0xd8, isCited: false })).toBe(false);
    expect(agrees({ name: 'CRC_H7A_BASE', value: 0x58024c00, isCited: false })).toBe(false);
    expect(agrees({ name: 'FLASH_CR_WARP', value: 1, isCited: false })).toBeUndefined();
  });
});
