/** Addresses and bits of the core's own registers against Arm's header core_cm7.h, whose names differ here and there from the manual's. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CFSR } from '../../../../host/board/cpu/faults.js';
import { CYCCNTENA, TRCENA } from '../../../../host/board/cpu/system/cycle-counter.js';
import { MPU_CTRL } from '../../../../host/board/cpu/system/memory-protection.js';
import { AIRCR } from '../../../../host/board/cpu/system/system-control-registers.js';
import { CCR, SHCSR } from '../../../../host/board/cpu/system/system-control.js';
import { SYST_CSR } from '../../../../host/board/cpu/system/systick.js';
import { vendor, VENDOR_CHIPS } from '../../../fixtures/vendor-registers.js';
import { expectMasks } from '../../chip/expect-registers.js';

const CHIP = 'STM32H743xx';

/** Registers that the header declares as arrays, with their lengths in words. */
const ARRAY_WORDS: Readonly<Record<string, number>> = { SHPR: 3, ID_PFR: 2, ID_MFR: 4, ID_ISAR: 5, IP: 60 };
/** The manual's name (PM0253 §4) → the header's. */
const RENAMED: Readonly<Record<string, string>> = {
  CSR: 'CTRL', RVR: 'LOAD', CVR: 'VAL', ID_MMFR: 'ID_MFR', ID_DFR0: 'ID_DFR', ID_AFR0: 'ID_AFR', BASE: 'ISER', PRIORITY_BASE: 'IP', FIRST_PAIR: 'RBAR', LAST: 'RASR_A3',
};

const namesAt = new Map<number, string>();
for (const block of ['SCB', 'NVIC', 'SysTick', 'DWT', 'MPU', 'CoreDebug']) {
  for (const [name, offset] of Object.entries(VENDOR_CHIPS[CHIP].registers[block] ?? {})) {
    const first = (vendor.base(CHIP, block) ?? 0) + Number(offset);
    const words = ARRAY_WORDS[name] ?? 1;
    for (let word = 0; word < words; word++) namesAt.set(first + 4 * word, words > 1 ? `${name}${word}` : name);
  }
}

/** `ID_MMFR2` → `ID_MFR2`, `CSR` → `CTRL`; the first word of an array may go without its number. */
function headerNames(manualName: string): readonly string[] {
  const [, stem = '', index = ''] = /^(.*?)(\d*)$/.exec(manualName) ?? [];
  const name = RENAMED[manualName] ?? `${RENAMED[stem] ?? stem}${index}`;
  return [name, `${name}0`];
}

describe('addresses of core registers', () => {
  const folder = new URL('../../../../host/board/cpu/system/', import.meta.url);
  const lines = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8').split('\n');
    return text.map((line, index) => ({ where: `${file}:${index + 1} ${line.trim()}`, line, near: text.slice(Math.max(0, index - 3), index + 1).join('\n') }));
  });

  it('each is in the header or cites the manual at its place', () => {
    const strangers = lines.filter(({ line, near }) => {
      const addresses = [...line.matchAll(/\b0xe00[0-9a-f]{5}\b/g)].map(([text]) => Number(text));
      return !addresses.every((address) => namesAt.has(address)) && !/PM0253|DDI 0403E/.test(near);
    });
    expect(strangers.map(({ where }) => where)).toEqual([]);
  });

  it('a name that stands beside one is the name of that register', () => {
    const named = lines.flatMap(({ where, line }) => {
      const match = /const (?<name>\w+) = (?<address>0xe00\w{5});/.exec(line) ?? /\[(?<address>0xe00\w{5}), .*\/\/ (?<name>[A-Z_0-9]+)/.exec(line);
      const { name = '', address = '' } = match?.groups ?? {};
      return match === null || !namesAt.has(Number(address)) ? [] : [{ where, name, actual: namesAt.get(Number(address)) }];
    });
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter(({ name, actual }) => !headerNames(name).includes(actual ?? '')).map(({ where }) => where)).toEqual([]);
  });
});

it('bits of the System Control Block', () => {
  expectMasks(CHIP, 'SCB_CFSR', CFSR);
  expectMasks(CHIP, 'SCB_CCR', CCR);
  expectMasks(CHIP, 'SCB_SHCSR', SHCSR);
  expectMasks(CHIP, 'SCB_AIRCR', AIRCR);
});

it('bits of SysTick, DWT and MPU', () => {
  expectMasks(CHIP, 'SysTick_CTRL', SYST_CSR);
  expectMasks(CHIP, 'DWT_CTRL', { CYCCNTENA });
  expectMasks(CHIP, 'CoreDebug_DEMCR', { TRCENA });
  expectMasks(CHIP, 'MPU_CTRL', MPU_CTRL);
});
