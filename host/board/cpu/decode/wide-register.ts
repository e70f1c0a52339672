/** 32-bit register shifts, extends, parallel arithmetic, multiplies and divides (ARMv7-M ARM §A5.3.12 to §A5.3.17). */
import type { ComputeName } from '../compute.js';
import type { Instruction, ShiftType } from '../instruction.js';
import { UNPREDICTABLE } from '../instruction.js';
import { encoding } from './bit-pattern.js';
import type { Encoding } from './bit-pattern.js';

const REGISTER_SHIFTS: readonly ShiftType[] = ['LSL', 'LSR', 'ASR', 'ROR'];
const PARALLEL_PREFIXES = ['S', 'Q', 'SH', undefined, 'U', 'UQ', 'UH', undefined] as const;
const PARALLEL_OPERATIONS = ['ADD8', 'ADD16', 'ASX', undefined, 'SUB8', 'SUB16', 'SAX', undefined] as const;
const SATURATING = ['QADD', 'QDADD', 'QSUB', 'QDSUB'] as const;
const REVERSING = ['REV', 'REV16', 'RBIT', 'REVSH'] as const;

const compute = (name: ComputeName, rd: number, ...sources: number[]): Instruction => ({ kind: 'compute', name, rd, sources });

function registerShift(type: number, rd: number, rn: number, rm: number, setFlags: boolean): Instruction {
  return { kind: 'shift', type: REGISTER_SHIFTS[type] ?? 'LSL', rd, rn, rm, setFlags };
}

function parallel(operation: number, prefix: number, rd: number, rn: number, rm: number): Instruction | undefined {
  const stem = PARALLEL_OPERATIONS[operation];
  const how = PARALLEL_PREFIXES[prefix];
  return stem === undefined || how === undefined ? undefined : compute(`${how}${stem}`, rd, rn, rm);
}

/** One-operand instructions encode Rm twice; unequal copies are UNPREDICTABLE. */
const unary = (name: ComputeName, rd: number, rn: number, rm: number): Instruction => (rn === rm ? compute(name, rd, rm) : UNPREDICTABLE);

/** Rn = 15 means that nothing is accumulated. */
const extend = (signed: boolean, bits: 8 | 16, rd: number, rn: number, rm: number, rotate: number): Instruction => {
  if (rn === 13) return UNPREDICTABLE;
  return { kind: 'extend', signed, bits, rd, ...(rn === 15 ? {} : { rn }), rm, rotate: rotate * 8 };
};

const extendPair = (signed: boolean, rd: number, rn: number, rm: number, rotate: number): Instruction => {
  if (rn === 13) return UNPREDICTABLE;
  if (rn === 15) return { kind: 'compute', name: signed ? 'SXTB16' : 'UXTB16', rd, sources: [rm], immediate: rotate * 8 };
  return { kind: 'compute', name: signed ? 'SXTAB16' : 'UXTAB16', rd, sources: [rn, rm], immediate: rotate * 8 };
};

export const REGISTER: readonly Encoding[] = [
  encoding('1111 1010 0 tt s nnnn 1111 dddd 0000 mmmm', (f) => registerShift(f.t, f.d, f.n, f.m, f.s === 1), 'dnm'),
  encoding('1111 1010 0 00 u nnnn 1111 dddd 1 z rr mmmm', (f) => extend(f.u === 0, 16, f.d, f.n, f.m, f.r), 'dm'),
  encoding('1111 1010 0 01 u nnnn 1111 dddd 1 z rr mmmm', (f) => extendPair(f.u === 0, f.d, f.n, f.m, f.r), 'dm'),
  encoding('1111 1010 0 10 u nnnn 1111 dddd 1 z rr mmmm', (f) => extend(f.u === 0, 8, f.d, f.n, f.m, f.r), 'dm'),
  encoding('1111 1010 1 ooo nnnn 1111 dddd 0 ppp mmmm', (f) => parallel(f.o, f.p, f.d, f.n, f.m), 'dnm'),
  encoding('1111 1010 1000 nnnn 1111 dddd 10 pp mmmm', (f) => compute(SATURATING[f.p] ?? 'QADD', f.d, f.m, f.n), 'dnm'),
  encoding('1111 1010 1001 nnnn 1111 dddd 10 pp mmmm', (f) => unary(REVERSING[f.p] ?? 'REV', f.d, f.n, f.m), 'dnm'),
  encoding('1111 1010 1010 nnnn 1111 dddd 1000 mmmm', (f) => compute('SEL', f.d, f.n, f.m), 'dnm'),
  encoding('1111 1010 1011 nnnn 1111 dddd 1000 mmmm', (f) => unary('CLZ', f.d, f.n, f.m), 'dnm'),
];

/** Ra = 15 selects the form that accumulates nothing. */
const accumulating = (name: ComputeName, plain: ComputeName, rd: number, rn: number, rm: number, ra: number): Instruction => {
  if (ra === 13) return UNPREDICTABLE;
  return ra === 15 ? compute(plain, rd, rn, rm) : compute(name, rd, rn, rm, ra);
};

const HALVES = ['BB', 'BT', 'TB', 'TT'] as const;
const half = (number: number): (typeof HALVES)[number] => HALVES[number] ?? 'BB';

const multiply = (rd: number, rn: number, rm: number, ra: number): Instruction => {
  if (ra === 13) return UNPREDICTABLE;
  return { kind: 'multiply', rd, rn, rm, ...(ra === 15 ? {} : { accumulate: { ra, subtract: false } }), setFlags: false };
};

function multiplySubtract(rd: number, rn: number, rm: number, ra: number): Instruction {
  return { kind: 'multiply', rd, rn, rm, accumulate: { ra, subtract: true }, setFlags: false };
}

const long = (name: ComputeName, low: number, high: number, rn: number, rm: number): Instruction =>
  low === high ? UNPREDICTABLE : { kind: 'long', name, low, high, rn, rm };

const x = (crossed: number): 'X' | '' => (crossed === 1 ? 'X' : '');
const r = (rounded: number): 'R' | '' => (rounded === 1 ? 'R' : '');
const b = (top: number): 'T' | 'B' => (top === 1 ? 'T' : 'B');

export const MULTIPLY: readonly Encoding[] = [
  encoding('1111 1011 0000 nnnn aaaa dddd 0000 mmmm', (f) => multiply(f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 0000 nnnn aaaa dddd 0001 mmmm', (f) => multiplySubtract(f.d, f.n, f.m, f.a), 'dnma'),
  encoding('1111 1011 0001 nnnn aaaa dddd 00 hh mmmm', (f) => accumulating(`SMLA${half(f.h)}`, `SMUL${half(f.h)}`, f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 0010 nnnn aaaa dddd 000 x mmmm', (f) => accumulating(`SMLAD${x(f.x)}`, `SMUAD${x(f.x)}`, f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 0011 nnnn aaaa dddd 000 h mmmm', (f) => accumulating(`SMLAW${b(f.h)}`, `SMULW${b(f.h)}`, f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 0100 nnnn aaaa dddd 000 x mmmm', (f) => accumulating(`SMLSD${x(f.x)}`, `SMUSD${x(f.x)}`, f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 0101 nnnn aaaa dddd 000 r mmmm', (f) => accumulating(`SMMLA${r(f.r)}`, `SMMUL${r(f.r)}`, f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 0110 nnnn aaaa dddd 000 r mmmm', (f) => compute(`SMMLS${r(f.r)}`, f.d, f.n, f.m, f.a), 'dnma'),
  encoding('1111 1011 0111 nnnn aaaa dddd 0000 mmmm', (f) => accumulating('USADA8', 'USAD8', f.d, f.n, f.m, f.a), 'dnm'),
  encoding('1111 1011 1000 nnnn llll hhhh 0000 mmmm', (f) => long('SMULL', f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1010 nnnn llll hhhh 0000 mmmm', (f) => long('UMULL', f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1100 nnnn llll hhhh 0000 mmmm', (f) => long('SMLAL', f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1100 nnnn llll hhhh 10 tt mmmm', (f) => long(`SMLAL${half(f.t)}`, f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1100 nnnn llll hhhh 110 x mmmm', (f) => long(`SMLALD${x(f.x)}`, f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1101 nnnn llll hhhh 110 x mmmm', (f) => long(`SMLSLD${x(f.x)}`, f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1110 nnnn llll hhhh 0000 mmmm', (f) => long('UMLAL', f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1110 nnnn llll hhhh 0110 mmmm', (f) => long('UMAAL', f.l, f.h, f.n, f.m), 'lhnm'),
  encoding('1111 1011 1001 nnnn yyyy dddd 1111 mmmm', (f) => ({ kind: 'divide', signed: true, rd: f.d, rn: f.n, rm: f.m }), 'dnm'),
  encoding('1111 1011 1011 nnnn yyyy dddd 1111 mmmm', (f) => ({ kind: 'divide', signed: false, rd: f.d, rn: f.n, rm: f.m }), 'dnm'),
];

