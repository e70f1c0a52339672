/** 32-bit branches, special registers, barriers and hints (ARMv7-M ARM §A5.3.4). */
import type { Instruction } from '../instruction.js';
import { UNDEFINED, UNPREDICTABLE } from '../instruction.js';
import { encoding, signExtend } from './bit-pattern.js';
import type { Encoding } from './bit-pattern.js';
import { hint } from './narrow.js';

/** Encodings T4 of B and T1 of BL: I1 = NOT(J1 EOR S), I2 = NOT(J2 EOR S), imm32 = S:I1:I2:imm10:imm11:0. */
function farOffset(s: number, j1: number, j2: number, high: number, low: number): number {
  const i1 = 1 ^ j1 ^ s;
  const i2 = 1 ^ j2 ^ s;
  return signExtend((s << 24) | (i1 << 23) | (i2 << 22) | (high << 12) | (low << 1), 25);
}

/** SYSm numbers that ARMv7-M defines (§B5.2): the xPSR views, both stack pointers, masks and CONTROL. */
const SPECIAL_REGISTERS: ReadonlySet<number> = new Set([0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20]);

const writeSpecial = (rn: number, sysm: number, mask: number): Instruction => {
  const touchesApsr = sysm <= 3;
  if (mask === 0 || (mask !== 2 && !touchesApsr) || !SPECIAL_REGISTERS.has(sysm)) return UNPREDICTABLE;
  return { kind: 'write-special', rn, sysm, mask };
};

export const BRANCH: readonly Encoding[] = [
  encoding('1111 0 s hhhhhhhhhh 11 j 1 k lllllllllll', (f) => ({ kind: 'branch-link', offset: farOffset(f.s, f.j, f.k, f.h, f.l) })),
  encoding('1111 0 s hhhhhhhhhh 10 j 1 k lllllllllll', (f) => ({ kind: 'branch', offset: farOffset(f.s, f.j, f.k, f.h, f.l) })),
  encoding('1111 0 0 1110 0 z nnnn 10 z 0 mm zz ssssssss', (f) => writeSpecial(f.n, f.s, f.m), 'n'),
  encoding('1111 0 0 1110 10 yyyy 10 z 0 z 000 hhhhhhhh', (f) => hint(f.h)),
  encoding('1111 0 0 1110 11 yyyy 10 z 0 yyyy 0010 yyyy', () => ({ kind: 'clear-exclusive' })),
  // DSB, DMB, ISB: accesses happen in order here, and changed code is seen at once.
  encoding('1111 0 0 1110 11 yyyy 10 z 0 yyyy 0100 iiii', () => ({ kind: 'nop' })),
  encoding('1111 0 0 1110 11 yyyy 10 z 0 yyyy 0101 iiii', () => ({ kind: 'nop' })),
  encoding('1111 0 0 1110 11 yyyy 10 z 0 yyyy 0110 iiii', () => ({ kind: 'nop' })),
  encoding('1111 0 0 1111 1 z yyyy 10 z 0 dddd ssssssss', (f) => (SPECIAL_REGISTERS.has(f.s) ? { kind: 'read-special', rd: f.d, sysm: f.s } : UNPREDICTABLE), 'd'),
  encoding('1111 0 1 1111 11 iiii 10 1 0 iiii iiiiiiii', () => UNDEFINED),
  encoding('1111 0 s cccc hhhhhh 10 j 0 k lllllllllll', (f) => {
    if (f.c >= 14) return undefined;
    return { kind: 'branch', condition: f.c, offset: signExtend((f.s << 20) | (f.k << 19) | (f.j << 18) | (f.h << 12) | (f.l << 1), 21) };
  }),
];

/** Coprocessors 0-15, the FPU's 10 and 11 among them: none is fitted here (§A5.3.18). 1110 1111 and 1111 1111 are UNDEFINED. */
export const COPROCESSOR: readonly Encoding[] = [
  encoding('111 a 110 bbbbbbbbb cccccccccccccccc', () => ({ kind: 'no-coprocessor' })),
  encoding('111 a 1110 bbbbbbbb cccccccccccccccc', () => ({ kind: 'no-coprocessor' })),
];
