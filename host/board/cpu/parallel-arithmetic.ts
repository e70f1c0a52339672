/** SIMD within a register: add and subtract on two halfwords or four bytes (ARMv7-M ARM §A4.4), six flavours of six operations. */
import { SLOT } from './core-state.js';

/** Signed or unsigned; modulo with GE flags, saturating (Q), or halving (H). */
type Prefix = 'S' | 'Q' | 'SH' | 'U' | 'UQ' | 'UH';
type Stem = 'ADD8' | 'ADD16' | 'ASX' | 'SUB8' | 'SUB16' | 'SAX';
export type ParallelName = `${Prefix}${Stem}`;

export type ParallelFunction = (r: Int32Array, rn: number, rm: number) => number;

/** One lane: which lane of Rm it meets, and whether it is subtracted. */
interface Lane {
  readonly from: number;
  readonly subtract: boolean;
}

const lanes = (count: number, subtract: boolean): readonly Lane[] => Array.from({ length: count }, (_, from) => ({ from, subtract }));

const LANES: Readonly<Record<Stem, readonly Lane[]>> = {
  ADD8: lanes(4, false),
  SUB8: lanes(4, true),
  ADD16: lanes(2, false),
  SUB16: lanes(2, true),
  ASX: [{ from: 1, subtract: true }, { from: 0, subtract: false }],
  SAX: [{ from: 1, subtract: false }, { from: 0, subtract: true }],
};

function laneOf(value: number, lane: number, bits: number, signed: boolean): number {
  const shifted = value << (32 - bits * (lane + 1));
  return signed ? shifted >> (32 - bits) : shifted >>> (32 - bits);
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** What becomes of an exact lane sum. */
const FINISH: Readonly<Record<Prefix, (sum: number, bits: number) => number>> = {
  S: (sum) => sum,
  U: (sum) => sum,
  Q: (sum, bits) => clamp(sum, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
  UQ: (sum, bits) => clamp(sum, 0, 2 ** bits - 1),
  SH: (sum) => sum >> 1,
  UH: (sum) => sum >> 1,
};

function parallel(prefix: Prefix, stem: Stem): ParallelFunction {
  const plan = LANES[stem];
  const bits = 32 / plan.length;
  const signed = !prefix.startsWith('U');
  const finish = FINISH[prefix];
  const laneMask = 2 ** bits - 1;
  const geMask = 2 ** (4 / plan.length) - 1;
  return (r, rn, rm) => {
    let result = 0;
    let ge = 0;
    plan.forEach(({ from, subtract }, lane) => {
      const other = laneOf(rm, from, bits, signed);
      const sum = laneOf(rn, lane, bits, signed) + (subtract ? -other : other);
      result |= (finish(sum, bits) & laneMask) << (lane * bits);
      // Unsigned addition: GE is the carry; everything else: no borrow, not negative.
      const reached = signed || subtract ? sum >= 0 : sum > laneMask;
      if (reached) ge |= geMask << (lane * (4 / plan.length));
    });
    if (prefix === 'S' || prefix === 'U') r[SLOT.GE] = ge;
    return result;
  };
}

const PREFIXES = ['S', 'Q', 'SH', 'U', 'UQ', 'UH'] as const satisfies readonly Prefix[];
const STEMS = ['ADD8', 'ADD16', 'ASX', 'SUB8', 'SUB16', 'SAX'] as const satisfies readonly Stem[];

export const PARALLEL = Object.fromEntries(
  PREFIXES.flatMap((prefix) => STEMS.map((stem) => [`${prefix}${stem}`, parallel(prefix, stem)])),
) as Readonly<Record<ParallelName, ParallelFunction>>;
