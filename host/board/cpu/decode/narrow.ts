/** The 16-bit encodings (ARMv7-M ARM §A5.2). Most set the flags outside an IT block and leave them alone inside one. */
import type { Instruction, LogicalOp, Operand, ShiftType } from '../instruction.js';
import { UNDEFINED, UNPREDICTABLE } from '../instruction.js';
import { encoding, signExtend } from './bit-pattern.js';
import type { Encoding } from './bit-pattern.js';
import { decodeImmediateShift } from './operand.js';

const register = (rm: number): Operand => ({ kind: 'register', rm, shift: 'LSL', amount: 0 });
const immediate = (value: number): Operand => ({ kind: 'immediate', value });

const logical = (op: LogicalOp, rd: number, rm: number, inIt: boolean): Instruction => ({ kind: 'logical', op, rd, rn: rd, operand: register(rm), setFlags: !inIt });
const shiftBy = (type: ShiftType, rd: number, rm: number, inIt: boolean): Instruction => ({ kind: 'shift', type, rd, rn: rd, rm, setFlags: !inIt });

/** An empty register list is UNPREDICTABLE. */
const listOr = (list: number, instruction: Instruction): Instruction => (list === 0 ? UNPREDICTABLE : instruction);

const loadAt = (bytes: 1 | 2 | 4, signed: boolean, rt: number, base: number, offset: number): Instruction =>
  ({ kind: 'load', bytes, signed, rt, address: { base, offset, mode: 'offset' } });
const storeAt = (bytes: 1 | 2 | 4, rt: number, base: number, offset: number): Instruction =>
  ({ kind: 'store', bytes, rt, address: { base, offset, mode: 'offset' } });
const loadIndexed = (bytes: 1 | 2 | 4, signed: boolean, rt: number, base: number, rm: number): Instruction =>
  ({ kind: 'load', bytes, signed, rt, address: { base, index: { rm, shift: 0 }, offset: 0, mode: 'offset' } });
const storeIndexed = (bytes: 1 | 2 | 4, rt: number, base: number, rm: number): Instruction =>
  ({ kind: 'store', bytes, rt, address: { base, index: { rm, shift: 0 }, offset: 0, mode: 'offset' } });

const shiftAddMoveCompare: readonly Encoding[] = [
  encoding('000 11 0 0 mmm nnn ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'ADD', rd: f.d, rn: f.n, operand: register(f.m), setFlags: !inIt })),
  encoding('000 11 0 1 mmm nnn ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'SUB', rd: f.d, rn: f.n, operand: register(f.m), setFlags: !inIt })),
  encoding('000 11 1 0 iii nnn ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'ADD', rd: f.d, rn: f.n, operand: immediate(f.i), setFlags: !inIt })),
  encoding('000 11 1 1 iii nnn ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'SUB', rd: f.d, rn: f.n, operand: immediate(f.i), setFlags: !inIt })),
  // LSL #0 is MOVS, which has no form for IT blocks (§A7.7, MOV (register) encoding T2).
  encoding('000 00 00000 mmm ddd', (f, inIt) => (inIt ? UNPREDICTABLE : { kind: 'logical', op: 'MOV', rd: f.d, rn: 0, operand: register(f.m), setFlags: true })),
  encoding('000 tt iiiii mmm ddd', (f, inIt) => {
    const operand: Operand = { kind: 'register', rm: f.m, ...decodeImmediateShift(f.t, f.i) };
    return { kind: 'logical', op: 'MOV', rd: f.d, rn: 0, operand, setFlags: !inIt };
  }),
  encoding('001 00 ddd iiiiiiii', (f, inIt) => ({ kind: 'logical', op: 'MOV', rd: f.d, rn: 0, operand: immediate(f.i), setFlags: !inIt })),
  encoding('001 01 nnn iiiiiiii', (f) => ({ kind: 'arithmetic', op: 'SUB', rn: f.n, operand: immediate(f.i), setFlags: true })),
  encoding('001 10 ddd iiiiiiii', (f, inIt) => ({ kind: 'arithmetic', op: 'ADD', rd: f.d, rn: f.d, operand: immediate(f.i), setFlags: !inIt })),
  encoding('001 11 ddd iiiiiiii', (f, inIt) => ({ kind: 'arithmetic', op: 'SUB', rd: f.d, rn: f.d, operand: immediate(f.i), setFlags: !inIt })),
];

const dataProcessing: readonly Encoding[] = [
  encoding('010000 0000 mmm ddd', (f, inIt) => logical('AND', f.d, f.m, inIt)),
  encoding('010000 0001 mmm ddd', (f, inIt) => logical('EOR', f.d, f.m, inIt)),
  encoding('010000 0010 mmm ddd', (f, inIt) => shiftBy('LSL', f.d, f.m, inIt)),
  encoding('010000 0011 mmm ddd', (f, inIt) => shiftBy('LSR', f.d, f.m, inIt)),
  encoding('010000 0100 mmm ddd', (f, inIt) => shiftBy('ASR', f.d, f.m, inIt)),
  encoding('010000 0101 mmm ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'ADC', rd: f.d, rn: f.d, operand: register(f.m), setFlags: !inIt })),
  encoding('010000 0110 mmm ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'SBC', rd: f.d, rn: f.d, operand: register(f.m), setFlags: !inIt })),
  encoding('010000 0111 mmm ddd', (f, inIt) => shiftBy('ROR', f.d, f.m, inIt)),
  encoding('010000 1000 mmm nnn', (f) => ({ kind: 'logical', op: 'AND', rn: f.n, operand: register(f.m), setFlags: true })),
  encoding('010000 1001 nnn ddd', (f, inIt) => ({ kind: 'arithmetic', op: 'RSB', rd: f.d, rn: f.n, operand: immediate(0), setFlags: !inIt })),
  encoding('010000 1010 mmm nnn', (f) => ({ kind: 'arithmetic', op: 'SUB', rn: f.n, operand: register(f.m), setFlags: true })),
  encoding('010000 1011 mmm nnn', (f) => ({ kind: 'arithmetic', op: 'ADD', rn: f.n, operand: register(f.m), setFlags: true })),
  encoding('010000 1100 mmm ddd', (f, inIt) => logical('ORR', f.d, f.m, inIt)),
  encoding('010000 1101 nnn ddd', (f, inIt) => ({ kind: 'multiply', rd: f.d, rn: f.n, rm: f.d, setFlags: !inIt })),
  encoding('010000 1110 mmm ddd', (f, inIt) => logical('BIC', f.d, f.m, inIt)),
  encoding('010000 1111 mmm ddd', (f, inIt) => logical('MVN', f.d, f.m, inIt)),
];

const highRegisters: readonly Encoding[] = [
  encoding('010001 00 d mmmm ddd', (f) => {
    if (f.d === 15 && f.m === 15) return UNPREDICTABLE;
    return { kind: 'arithmetic', op: 'ADD', rd: f.d, rn: f.d, operand: register(f.m), setFlags: false };
  }),
  encoding('010001 01 n mmmm nnn', (f) => {
    if ((f.n < 8 && f.m < 8) || f.n === 15 || f.m === 15) return UNPREDICTABLE;
    return { kind: 'arithmetic', op: 'SUB', rn: f.n, operand: register(f.m), setFlags: true };
  }),
  encoding('010001 10 d mmmm ddd', (f) => ({ kind: 'logical', op: 'MOV', rd: f.d, rn: 0, operand: register(f.m), setFlags: false })),
  encoding('010001 11 0 mmmm zzz', (f) => ({ kind: 'branch-register', rm: f.m, link: false })),
  encoding('010001 11 1 mmmm zzz', (f) => (f.m === 15 ? UNPREDICTABLE : { kind: 'branch-register', rm: f.m, link: true })),
];

const loadStore: readonly Encoding[] = [
  encoding('01001 ttt iiiiiiii', (f) => loadAt(4, false, f.t, 15, f.i * 4)),
  encoding('0101 000 mmm nnn ttt', (f) => storeIndexed(4, f.t, f.n, f.m)),
  encoding('0101 001 mmm nnn ttt', (f) => storeIndexed(2, f.t, f.n, f.m)),
  encoding('0101 010 mmm nnn ttt', (f) => storeIndexed(1, f.t, f.n, f.m)),
  encoding('0101 011 mmm nnn ttt', (f) => loadIndexed(1, true, f.t, f.n, f.m)),
  encoding('0101 100 mmm nnn ttt', (f) => loadIndexed(4, false, f.t, f.n, f.m)),
  encoding('0101 101 mmm nnn ttt', (f) => loadIndexed(2, false, f.t, f.n, f.m)),
  encoding('0101 110 mmm nnn ttt', (f) => loadIndexed(1, false, f.t, f.n, f.m)),
  encoding('0101 111 mmm nnn ttt', (f) => loadIndexed(2, true, f.t, f.n, f.m)),
  encoding('01100 iiiii nnn ttt', (f) => storeAt(4, f.t, f.n, f.i * 4)),
  encoding('01101 iiiii nnn ttt', (f) => loadAt(4, false, f.t, f.n, f.i * 4)),
  encoding('01110 iiiii nnn ttt', (f) => storeAt(1, f.t, f.n, f.i)),
  encoding('01111 iiiii nnn ttt', (f) => loadAt(1, false, f.t, f.n, f.i)),
  encoding('10000 iiiii nnn ttt', (f) => storeAt(2, f.t, f.n, f.i * 2)),
  encoding('10001 iiiii nnn ttt', (f) => loadAt(2, false, f.t, f.n, f.i * 2)),
  encoding('10010 ttt iiiiiiii', (f) => storeAt(4, f.t, 13, f.i * 4)),
  encoding('10011 ttt iiiiiiii', (f) => loadAt(4, false, f.t, 13, f.i * 4)),
  encoding('11000 nnn llllllll', (f) => listOr(f.l, { kind: 'store-multiple', rn: f.n, list: f.l, before: false, writeBack: true })),
  // LDM writes its base back unless it loads it.
  encoding('11001 nnn llllllll', (f) => listOr(f.l, { kind: 'load-multiple', rn: f.n, list: f.l, before: false, writeBack: ((f.l >>> f.n) & 1) === 0 })),
];

const push = (list: number): Instruction => listOr(list, { kind: 'store-multiple', rn: 13, list, before: true, writeBack: true });
const pop = (list: number): Instruction => listOr(list, { kind: 'load-multiple', rn: 13, list, before: false, writeBack: true });

const miscellaneous: readonly Encoding[] = [
  encoding('10100 ddd iiiiiiii', (f) => ({ kind: 'pc-relative', rd: f.d, offset: f.i * 4 })),
  encoding('10101 ddd iiiiiiii', (f) => ({ kind: 'arithmetic', op: 'ADD', rd: f.d, rn: 13, operand: immediate(f.i * 4), setFlags: false })),
  encoding('1011 0000 0 iiiiiii', (f) => ({ kind: 'arithmetic', op: 'ADD', rd: 13, rn: 13, operand: immediate(f.i * 4), setFlags: false })),
  encoding('1011 0000 1 iiiiiii', (f) => ({ kind: 'arithmetic', op: 'SUB', rd: 13, rn: 13, operand: immediate(f.i * 4), setFlags: false })),
  encoding('1011 o0i1 iiiii nnn', (f) => ({ kind: 'compare-branch', rn: f.n, nonZero: f.o === 1, offset: f.i * 2 })),
  encoding('1011 0010 us mmm ddd', (f) => ({ kind: 'extend', signed: f.u === 0, bits: f.s === 0 ? 16 : 8, rd: f.d, rm: f.m, rotate: 0 })),
  encoding('1011 010 m llllllll', (f) => push(f.l | (f.m << 14))),
  encoding('1011 110 p llllllll', (f) => pop(f.l | (f.p << 15))),
  encoding('1011 0110 011 d zz if', (f) => {
    if (f.i === 0 && f.f === 0) return UNPREDICTABLE;
    return { kind: 'change-state', primask: f.i === 1, faultmask: f.f === 1, disable: f.d === 1 };
  }),
  encoding('1011 1010 00 mmm ddd', (f) => ({ kind: 'compute', name: 'REV', rd: f.d, sources: [f.m] })),
  encoding('1011 1010 01 mmm ddd', (f) => ({ kind: 'compute', name: 'REV16', rd: f.d, sources: [f.m] })),
  encoding('1011 1010 11 mmm ddd', (f) => ({ kind: 'compute', name: 'REVSH', rd: f.d, sources: [f.m] })),
  encoding('1011 1110 iiiiiiii', () => ({ kind: 'breakpoint' })),
  encoding('1011 1111 hhhh 0000', (f) => hint(f.h)),
  encoding('1011 1111 cccc mmmm', (f) => ifThen(f.c, f.m)),
  encoding('1101 1110 iiiiiiii', () => UNDEFINED),
  encoding('1101 1111 iiiiiiii', () => ({ kind: 'supervisor-call' })),
  encoding('1101 cccc iiiiiiii', (f) => ({ kind: 'branch', condition: f.c, offset: signExtend(f.i, 8) * 2 })),
  encoding('11100 iiiiiiiiiii', (f) => ({ kind: 'branch', offset: signExtend(f.i, 11) * 2 })),
];

/** WFI waits; NOP, YIELD, WFE and SEV need nothing here: an event that nobody waits for is no event. */
export function hint(number: number): Instruction {
  return number === 3 ? { kind: 'wait-for-interrupt' } : { kind: 'nop' };
}

function ifThen(condition: number, mask: number): Instruction {
  const isSingle = (mask & (mask - 1)) === 0;
  return condition === 15 || (condition === 14 && !isSingle) ? UNPREDICTABLE : { kind: 'if-then', condition, mask };
}

export const NARROW: readonly Encoding[] = [...shiftAddMoveCompare, ...dataProcessing, ...highRegisters, ...loadStore, ...miscellaneous];
