/**
 * Instructions that translated code calls by name instead of spelling them out: too rare or too long to inline. Each takes the core
 * registers (for Q and GE), its operands' values, and returns the result; the long multiplies write their register pair themselves.
 */
import { SLOT } from './core-state.js';
import { MULTIPLY_ARITHMETIC } from './multiply-arithmetic.js';
import { PARALLEL } from './parallel-arithmetic.js';

const LOW = -(2 ** 31);
const HIGH = 2 ** 31 - 1;

/** Saturates to a range and sets APSR.Q when it had to. */
function saturate(r: Int32Array, exact: number, low: number, high: number): number {
  if (exact >= low && exact <= high) return exact;
  r[SLOT.Q] = 1;
  return exact < low ? low : high;
}

/** `immediate`: bit position (5:0), shift right instead of left (6), shift amount (11:7), as the decoder packs them. */
function shiftForSaturation(value: number, immediate: number): number {
  const amount = immediate >>> 7;
  return (immediate & 0x40) === 0 ? value << amount : value >> amount;
}

const signedBits = (r: Int32Array, value: number, bits: number): number => saturate(r, value, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
const unsignedBits = (r: Int32Array, value: number, bits: number): number => saturate(r, value, 0, 2 ** bits - 1);
const bottom = (value: number): number => (value << 16) >> 16;
const top = (value: number): number => value >> 16;
const pair = (low: number, high: number): number => (low & 0xffff) | (high << 16);
const rotate = (value: number, amount: number): number => (value >>> amount) | (value << (32 - amount));

function reverseBits(value: number): number {
  let bits = value;
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2);
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4);
  return reverseBytes(bits);
}

function reverseBytes(value: number): number {
  return (value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | (value << 24);
}

function sumOfDifferences(rn: number, rm: number): number {
  let sum = 0;
  for (let shift = 0; shift < 32; shift += 8) sum += Math.abs(((rn >>> shift) & 0xff) - ((rm >>> shift) & 0xff));
  return sum;
}

/** GE bit n selects byte n from Rn, else from Rm. */
function selectBytes(r: Int32Array, rn: number, rm: number): number {
  let mask = 0;
  for (let lane = 0; lane < 4; lane++) if (((r[SLOT.GE]! >>> lane) & 1) === 1) mask |= 0xff << (lane * 8);
  return (rn & mask) | (rm & ~mask);
}

export const COMPUTE = {
  REV: (_r: Int32Array, rm: number) => reverseBytes(rm),
  REV16: (_r: Int32Array, rm: number) => ((rm >>> 8) & 0x00ff00ff) | ((rm & 0x00ff00ff) << 8),
  REVSH: (_r: Int32Array, rm: number) => ((rm << 24) >> 16) | ((rm >>> 8) & 0xff),
  RBIT: (_r: Int32Array, rm: number) => reverseBits(rm),
  CLZ: (_r: Int32Array, rm: number) => Math.clz32(rm),
  SEL: selectBytes,
  QADD: (r: Int32Array, rm: number, rn: number) => saturate(r, rm + rn, LOW, HIGH),
  QSUB: (r: Int32Array, rm: number, rn: number) => saturate(r, rm - rn, LOW, HIGH),
  QDADD: (r: Int32Array, rm: number, rn: number) => saturate(r, rm + saturate(r, 2 * rn, LOW, HIGH), LOW, HIGH),
  QDSUB: (r: Int32Array, rm: number, rn: number) => saturate(r, rm - saturate(r, 2 * rn, LOW, HIGH), LOW, HIGH),
  SSAT: (r: Int32Array, rn: number, immediate: number) => signedBits(r, shiftForSaturation(rn, immediate), immediate & 0x3f),
  USAT: (r: Int32Array, rn: number, immediate: number) => unsignedBits(r, shiftForSaturation(rn, immediate), immediate & 0x3f),
  SSAT16: (r: Int32Array, rn: number, bits: number) => pair(signedBits(r, bottom(rn), bits), signedBits(r, top(rn), bits)),
  USAT16: (r: Int32Array, rn: number, bits: number) => pair(unsignedBits(r, bottom(rn), bits), unsignedBits(r, top(rn), bits)),
  PKHBT: (_r: Int32Array, rn: number, rm: number, shift: number) => (rn & 0xffff) | ((rm << shift) & 0xffff0000),
  // ASR #0 encodes ASR #32.
  PKHTB: (_r: Int32Array, rn: number, rm: number, shift: number) => (rn & 0xffff0000) | ((rm >> (shift === 0 ? 31 : shift)) & 0xffff),
  SXTB16: (_r: Int32Array, rm: number, amount: number) => pair((rotate(rm, amount) << 24) >> 24, (rotate(rm, amount) << 8) >> 24),
  UXTB16: (_r: Int32Array, rm: number, amount: number) => rotate(rm, amount) & 0x00ff00ff,
  SXTAB16: (_r: Int32Array, rn: number, rm: number, amount: number) => pair(rn + ((rotate(rm, amount) << 24) >> 24), top(rn) + ((rotate(rm, amount) << 8) >> 24)),
  UXTAB16: (_r: Int32Array, rn: number, rm: number, amount: number) => pair(rn + (rotate(rm, amount) & 0xff), top(rn) + ((rotate(rm, amount) >>> 16) & 0xff)),
  USAD8: (_r: Int32Array, rn: number, rm: number) => sumOfDifferences(rn, rm),
  USADA8: (_r: Int32Array, rn: number, rm: number, ra: number) => (sumOfDifferences(rn, rm) + ra) | 0,
  ...PARALLEL,
  ...MULTIPLY_ARITHMETIC,
};

export type ComputeName = keyof typeof COMPUTE;
