/**
 * An instruction as a value: what the decoder says and the translator needs, free of encodings. Registers are numbers 0-15.
 *
 * Instructions that gcc emits in hot loops have kinds of their own; the long tail of saturating, parallel and multiplying ones are
 * all `compute`: a name in `compute.ts`, source registers, destination registers.
 */
import type { ComputeName } from './compute.js';

export type ShiftType = 'LSL' | 'LSR' | 'ASR' | 'ROR' | 'RRX';

/** The flexible second operand (ARMv7-M ARM §A7.4). */
export type Operand =
  /** `carry`: what ThumbExpandImm_C makes of the C flag; absent when it stays. */
  | { readonly kind: 'immediate'; readonly value: number; readonly carry?: 0 | 1 }
  /** `amount` 0-32 as DecodeImmShift gives it; LSL #0 is the register itself. */
  | { readonly kind: 'register'; readonly rm: number; readonly shift: ShiftType; readonly amount: number };

export type LogicalOp = 'AND' | 'BIC' | 'ORR' | 'ORN' | 'EOR' | 'MOV' | 'MVN';
export type ArithmeticOp = 'ADD' | 'ADC' | 'SUB' | 'SBC' | 'RSB';

export interface Address {
  readonly base: number;
  /** Index register, shifted left by `shift`; otherwise `offset` counts. */
  readonly index?: { readonly rm: number; readonly shift: number };
  readonly offset: number;
  /** `post`: the access uses the base as it is; `pre` and `post` write the sum back. */
  readonly mode: 'offset' | 'pre' | 'post';
}

export interface Accumulate {
  readonly ra: number;
  readonly subtract: boolean;
}

export type AccessBytes = 1 | 2 | 4;

/** Condition codes 0-13 as encoded (EQ, NE, CS, CC, MI, PL, VS, VC, HI, LS, GE, LT, GT, LE). */
export type Condition = number;

export type Instruction =
  | { readonly kind: 'logical'; readonly op: LogicalOp; readonly rd?: number; readonly rn: number; readonly operand: Operand; readonly setFlags: boolean }
  | { readonly kind: 'arithmetic'; readonly op: ArithmeticOp; readonly rd?: number; readonly rn: number; readonly operand: Operand; readonly setFlags: boolean }
  | { readonly kind: 'shift'; readonly type: ShiftType; readonly rd: number; readonly rn: number; readonly rm: number; readonly setFlags: boolean }
  /** rd = Align(PC, 4) + offset. */
  | { readonly kind: 'pc-relative'; readonly rd: number; readonly offset: number }
  | { readonly kind: 'move-top'; readonly rd: number; readonly value: number }
  | { readonly kind: 'extract'; readonly signed: boolean; readonly rd: number; readonly rn: number; readonly lsb: number; readonly width: number }
  /** BFI; BFC when `rn` is absent. */
  | { readonly kind: 'insert'; readonly rd: number; readonly rn?: number; readonly lsb: number; readonly width: number }
  /** SXTB and relatives; with `rn` the accumulating forms. */
  | { readonly kind: 'extend'; readonly signed: boolean; readonly bits: 8 | 16; readonly rd: number; readonly rn?: number; readonly rm: number; readonly rotate: number }
  /** ra ± rn × rm, or the product alone. */
  | { readonly kind: 'multiply'; readonly rd: number; readonly rn: number; readonly rm: number; readonly accumulate?: Accumulate; readonly setFlags: boolean }
  | { readonly kind: 'divide'; readonly signed: boolean; readonly rd: number; readonly rn: number; readonly rm: number }
  /** `rd = compute[name](r, ...sources, immediate)`. */
  | { readonly kind: 'compute'; readonly name: ComputeName; readonly rd: number; readonly sources: readonly number[]; readonly immediate?: number }
  /** 64-bit accumulate and multiply: `compute[name](r, low, high, rn, rm)` writes both destinations. */
  | { readonly kind: 'long'; readonly name: ComputeName; readonly low: number; readonly high: number; readonly rn: number; readonly rm: number }
  | { readonly kind: 'load'; readonly bytes: AccessBytes; readonly signed: boolean; readonly rt: number; readonly address: Address }
  | { readonly kind: 'store'; readonly bytes: AccessBytes; readonly rt: number; readonly address: Address }
  | { readonly kind: 'load-pair'; readonly rt: number; readonly rt2: number; readonly address: Address }
  | { readonly kind: 'store-pair'; readonly rt: number; readonly rt2: number; readonly address: Address }
  /** `list`: bit n for Rn; lowest register at the lowest address. */
  | { readonly kind: 'load-multiple'; readonly rn: number; readonly list: number; readonly before: boolean; readonly writeBack: boolean }
  | { readonly kind: 'store-multiple'; readonly rn: number; readonly list: number; readonly before: boolean; readonly writeBack: boolean }
  | { readonly kind: 'load-exclusive'; readonly bytes: AccessBytes; readonly rt: number; readonly rn: number; readonly offset: number }
  | { readonly kind: 'store-exclusive'; readonly bytes: AccessBytes; readonly rd: number; readonly rt: number; readonly rn: number; readonly offset: number }
  | { readonly kind: 'clear-exclusive' }
  /** Offsets of branches count from PC, which reads as the instruction's address + 4. */
  | { readonly kind: 'branch'; readonly offset: number; readonly condition?: Condition }
  | { readonly kind: 'branch-link'; readonly offset: number }
  | { readonly kind: 'branch-register'; readonly rm: number; readonly link: boolean }
  | { readonly kind: 'compare-branch'; readonly rn: number; readonly nonZero: boolean; readonly offset: number }
  | { readonly kind: 'table-branch'; readonly rn: number; readonly rm: number; readonly half: boolean }
  | { readonly kind: 'if-then'; readonly condition: number; readonly mask: number }
  | { readonly kind: 'nop' }
  | { readonly kind: 'wait-for-interrupt' }
  | { readonly kind: 'change-state'; readonly primask: boolean; readonly faultmask: boolean; readonly disable: boolean }
  | { readonly kind: 'read-special'; readonly rd: number; readonly sysm: number }
  | { readonly kind: 'write-special'; readonly rn: number; readonly sysm: number; readonly mask: number }
  | { readonly kind: 'supervisor-call' }
  | { readonly kind: 'breakpoint' }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'no-coprocessor' }
  | { readonly kind: 'unpredictable' };

export const UNPREDICTABLE: Instruction = { kind: 'unpredictable' };
export const UNDEFINED: Instruction = { kind: 'undefined' };

/** An instruction where it stands. */
export interface Located {
  readonly instruction: Instruction;
  readonly address: number;
  readonly lengthBytes: 2 | 4;
  /** As fetched: one halfword, or the first in the upper half. */
  readonly opcode: number;
}
