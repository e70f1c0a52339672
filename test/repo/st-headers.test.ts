/**
 * The fixture of register numbers against ST's own headers, by compiling assertions with them: every copy that is found (st-headers.ts
 * says where). Without one, only the mechanism is tested, on a small header of our own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compareWithHeader } from '../fixtures/header-assertions.js';
import { findCompiler, findHeaders } from '../fixtures/st-headers.js';
import type { VendorChip } from '../fixtures/vendor-registers.js';
import { VENDOR_CHIPS } from '../fixtures/vendor-registers.js';

const compiler = findCompiler();
const headers = findHeaders();
const hasNothingToCompile = compiler === undefined;

if (compiler === undefined) console.log('SKIPPED: register numbers against ST\'s headers (no gcc)');
else if (headers.length === 0) console.log('SKIPPED: register numbers against ST\'s headers (no copy in xpacks, and STAGE_FLASH_CMSIS names none)');

describe.skipIf(hasNothingToCompile || headers.length === 0)('headers of ST on this machine', () => {
  test.each(headers)('$chip in $folder says what the fixture says', ({ chip, folder }) => {
    const { asserted, wrong, unknown } = compareWithHeader(compiler ?? '', folder, chip);
    if (unknown.length > 0) console.log(`${folder}: this version of the header of ${chip} lacks ${unknown.join(', ')}`);
    expect(wrong).toEqual([]);
    // A header of another version renames a few registers; one that lacks many is not what it seems.
    expect(unknown.length).toBeLessThan(asserted / 20);
  });
});

describe.skipIf(hasNothingToCompile)('the comparison', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-own-header-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A header of the fixture's content, and what comes of comparing the fixture with it. */
  const compareWith = (change: (header: string) => string) => {
    writeFileSync(join(folder, 'stm32h743xx.h'), change(headerOf(VENDOR_CHIPS.STM32H743xx)));
    return compareWithHeader(compiler ?? '', folder, 'STM32H743xx');
  };

  test('a header that agrees', () => {
    const { asserted, wrong, unknown } = compareWith((header) => header);
    expect({ wrong, unknown }).toEqual({ wrong: [], unknown: [] });
    expect(asserted).toBeGreaterThan(500);
  });

  test('one bit at another position, one field of another width, one register moved, one block elsewhere: each is named', () => {
    expect(compareWith((header) => header.replace('FLASH_CR_START_Pos (7U)', 'FLASH_CR_START_Pos (6U)')).wrong).toEqual(['FLASH_CR_START']);
    expect(compareWith((header) => header.replace('FLASH_CR_SNB_Msk (0x7UL', 'FLASH_CR_SNB_Msk (0xfUL')).wrong).toEqual(['FLASH_CR_SNB']);
    expect(compareWith((header) => header.replace('uint32_t DR; ', 'uint32_t gap; uint32_t DR; ')).wrong).toEqual(['CRC.DR', 'CRC.IDR', 'CRC.CR', 'CRC.INIT', 'CRC.POL']);
    expect(compareWith((header) => header.replace('((USART_TypeDef *) 0x40011000UL)', '((USART_TypeDef *) 0x40011400UL)')).wrong).toEqual(['USART1']);
  });

  test('what a header does not have is told apart from what it has otherwise', () => {
    const { wrong, unknown } = compareWith((header) => header.replaceAll('FLASH_SR_QW', 'FLASH_SR_QUEUE').replace('uint32_t GTPR;', 'uint32_t GUARD;'));
    expect({ wrong, unknown }).toEqual({ wrong: [], unknown: ['USART.GTPR', 'FLASH_SR_QW'] });
  });

  test('a header that does not compile is an error', () => {
    expect(() => compareWith((header) => `${header}\n#error half a file`)).toThrow(/half a file/);
  });
});

/** Structures, instances and macros in the shape of ST's, with the fixture's numbers. */
function headerOf({ bases, registers, bits, constants }: VendorChip): string {
  const structures = Object.entries(registers).map(([block, offsets]) => {
    let next = 0;
    const members = Object.entries(offsets).map(([name, offset]) => {
      const gap = (Number(offset) - next) / 4;
      next = Number(offset) + 4;
      return `${gap > 0 ? `uint32_t reserved_${offset}[${gap}]; ` : ''}uint32_t ${name}; `;
    });
    return `typedef struct { ${members.join('')}} ${block}_TypeDef;`;
  });
  const typeOf = (instance: string): string => Object.keys(registers).find((block) => instance.startsWith(block)) ?? 'USART';
  return [
    '#include "core_cm7.h"',
    '#include <stdint.h>',
    ...structures,
    ...Object.entries(bases).map(([name, address]) => `#define ${name} ((${typeOf(name)}_TypeDef *) ${address}UL)`),
    ...Object.entries(constants).map(([name, value]) => `#define ${name} ${value}UL`),
    ...Object.entries(bits).map(([name, [position, width]]) => `#define ${name}_Pos (${position}U)\n#define ${name}_Msk (0x${(2 ** width - 1).toString(16)}UL << ${name}_Pos)`),
  ].join('\n');
}
