/** 32-bit data processing with immediate, shifted register, bit field and saturation (ARMv7-M ARM §A5.3.1, §A5.3.3, §A5.3.11). */
import type { ArithmeticOp, Instruction, LogicalOp, Operand } from '../instruction.js';
import { UNPREDICTABLE } from '../instruction.js';
import { encoding } from './bit-pattern.js';
import type { Encoding } from './bit-pattern.js';
import { decodeImmediateShift, expandImmediate } from './operand.js';

/** Bits 24:21 of both forms; `compare` when rd = 15 with S: TST, TEQ, CMN, CMP; `unary` when rn = 15: MOV, MVN. */
interface Operation {
  readonly op: LogicalOp | ArithmeticOp;
  readonly compare?: true;
  readonly unary?: LogicalOp;
}

const OPERATIONS: Readonly<Record<number, Operation>> = {
  0: { op: 'AND', compare: true },
  1: { op: 'BIC' },
  2: { op: 'ORR', unary: 'MOV' },
  3: { op: 'ORN', unary: 'MVN' },
  4: { op: 'EOR', compare: true },
  8: { op: 'ADD', compare: true },
  10: { op: 'ADC' },
  11: { op: 'SBC' },
  13: { op: 'SUB', compare: true },
  14: { op: 'RSB' },
};

const isPlain = (register: number): boolean => register !== 13 && register !== 15;

const LOGICAL: ReadonlySet<string> = new Set<LogicalOp>(['AND', 'BIC', 'ORR', 'ORN', 'EOR', 'MOV', 'MVN']);
const isLogical = (op: LogicalOp | ArithmeticOp): op is LogicalOp => LOGICAL.has(op);

function dataProcessing(number: number, rd: number, rn: number, operand: Operand, setFlags: boolean): Instruction | undefined {
  const operation = OPERATIONS[number];
  if (operation === undefined) return undefined;
  const isUnary = rn === 15 && operation.unary !== undefined;
  const op = isUnary ? (operation.unary ?? operation.op) : operation.op;
  const isCompare = rd === 15 && setFlags && operation.compare === true;
  if (!allowsRegisters(op, isCompare ? undefined : rd, isUnary ? undefined : rn, operand, setFlags)) return UNPREDICTABLE;
  const target = isCompare ? {} : { rd };
  if (isLogical(op)) return { kind: 'logical', op, ...target, rn: isUnary ? 0 : rn, operand, setFlags };
  return { kind: 'arithmetic', op, ...target, rn, operand, setFlags };
}

/** SP may be moved, added to, subtracted from and compared; nothing else may touch it, and nothing PC. */
function allowsRegisters(op: LogicalOp | ArithmeticOp, rd: number | undefined, rn: number | undefined, operand: Operand, setFlags: boolean): boolean {
  if (op === 'MOV' && operand.kind === 'register') return allowsMove(rd, operand, setFlags);
  if (operand.kind === 'register' && !isPlain(operand.rm)) return false;
  const addsToSp = (op === 'ADD' || op === 'SUB') && rn === 13;
  if (rn !== undefined && !isPlain(rn) && !addsToSp) return false;
  if (rd === undefined || isPlain(rd)) return true;
  if (rd === 15 || !addsToSp) return false;
  return operand.kind === 'immediate' || (operand.shift === 'LSL' && operand.amount <= 3);
}

/** MOV.W (§A7.7, MOV (register) encoding T3): SP on one side only, and neither with flags nor with a shift. */
function allowsMove(rd: number | undefined, operand: Operand & { kind: 'register' }, setFlags: boolean): boolean {
  const isPlainMove = operand.shift === 'LSL' && operand.amount === 0 && !setFlags;
  if (rd === 15 || operand.rm === 15 || (rd === 13 && operand.rm === 13)) return false;
  return isPlainMove || (rd !== 13 && operand.rm !== 13);
}

/** PKHBT and PKHTB; they share the shifted register form with op 6. */
function pack(rd: number, rn: number, rm: number, type: number, amount: number, setFlags: boolean): Instruction | undefined {
  if (setFlags || (type & 1) !== 0) return undefined;
  if (![rd, rn, rm].every(isPlain)) return UNPREDICTABLE;
  return { kind: 'compute', name: type === 0 ? 'PKHBT' : 'PKHTB', rd, sources: [rn, rm], immediate: amount };
}

export const SHIFTED_REGISTER: readonly Encoding[] = [
  encoding('1110 101 0110 s nnnn z iii dddd ii tt mmmm', (f) => pack(f.d, f.n, f.m, f.t, f.i, f.s === 1)),
  encoding('1110 101 oooo s nnnn z iii dddd ii tt mmmm', (f) =>
    dataProcessing(f.o, f.d, f.n, { kind: 'register', rm: f.m, ...decodeImmediateShift(f.t, f.i) }, f.s === 1)),
];

const addSubtractPlain = (op: 'ADD' | 'SUB', rd: number, rn: number, value: number): Instruction => {
  if (rn === 15) return isPlain(rd) ? { kind: 'pc-relative', rd, offset: op === 'ADD' ? value : -value } : UNPREDICTABLE;
  if (!isPlain(rd) && !(rd === 13 && rn === 13)) return UNPREDICTABLE;
  return { kind: 'arithmetic', op, rd, rn, operand: { kind: 'immediate', value }, setFlags: false };
};

const moveWide = (rd: number, value: number): Instruction => ({ kind: 'logical', op: 'MOV', rd, rn: 0, operand: { kind: 'immediate', value }, setFlags: false });

function insert(rd: number, rn: number, lsb: number, msb: number): Instruction {
  if (msb < lsb || !isPlain(rd) || rn === 13) return UNPREDICTABLE;
  const source = rn === 15 ? {} : { rn };
  return { kind: 'insert', rd, ...source, lsb, width: msb - lsb + 1 };
}

const extract = (signed: boolean, rd: number, rn: number, lsb: number, width: number): Instruction =>
  lsb + width > 32 ? UNPREDICTABLE : { kind: 'extract', signed, rd, rn, lsb, width };

export const IMMEDIATE: readonly Encoding[] = [
  encoding('1111 0 i 0 oooo s nnnn 0 iii dddd iiiiiiii', (f) => {
    const operand = expandImmediate(f.i);
    if (operand === undefined) return OPERATIONS[f.o] === undefined ? undefined : UNPREDICTABLE;
    return dataProcessing(f.o, f.d, f.n, operand, f.s === 1);
  }),
  encoding('1111 0 i 1 00000 nnnn 0 iii dddd iiiiiiii', (f) => addSubtractPlain('ADD', f.d, f.n, f.i)),
  encoding('1111 0 i 1 01010 nnnn 0 iii dddd iiiiiiii', (f) => addSubtractPlain('SUB', f.d, f.n, f.i)),
  encoding('1111 0 i 1 00100 jjjj 0 iii dddd iiiiiiii', (f) => moveWide(f.d, (f.j << 12) | f.i), 'd'),
  encoding('1111 0 i 1 01100 jjjj 0 iii dddd iiiiiiii', (f) => ({ kind: 'move-top', rd: f.d, value: (f.j << 12) | f.i }), 'd'),
  encoding('1111 0 z 1 10010 nnnn 0 000 dddd 00 zz ssss', (f) => ({ kind: 'compute', name: 'SSAT16', rd: f.d, sources: [f.n], immediate: f.s + 1 }), 'dn'),
  encoding('1111 0 z 1 11010 nnnn 0 000 dddd 00 zz ssss', (f) => ({ kind: 'compute', name: 'USAT16', rd: f.d, sources: [f.n], immediate: f.s }), 'dn'),
  encoding('1111 0 z 1 10000 nnnn 0 iii dddd ii z sssss', (f) => saturate('SSAT', f.d, f.n, f.s + 1, 0, f.i), 'dn'),
  encoding('1111 0 z 1 10010 nnnn 0 iii dddd ii z sssss', (f) => saturate('SSAT', f.d, f.n, f.s + 1, 1, f.i), 'dn'),
  encoding('1111 0 z 1 11000 nnnn 0 iii dddd ii z sssss', (f) => saturate('USAT', f.d, f.n, f.s, 0, f.i), 'dn'),
  encoding('1111 0 z 1 11010 nnnn 0 iii dddd ii z sssss', (f) => saturate('USAT', f.d, f.n, f.s, 1, f.i), 'dn'),
  encoding('1111 0 z 1 10100 nnnn 0 iii dddd ii z wwwww', (f) => extract(true, f.d, f.n, f.i, f.w + 1), 'dn'),
  encoding('1111 0 z 1 11100 nnnn 0 iii dddd ii z wwwww', (f) => extract(false, f.d, f.n, f.i, f.w + 1), 'dn'),
  encoding('1111 0 z 1 10110 nnnn 0 iii dddd ii z mmmmm', (f) => insert(f.d, f.n, f.i, f.m)),
];

/** The immediate carries position (bits 5:0), shift direction (bit 6: ASR) and shift amount (bits 11:7). */
function saturate(name: 'SSAT' | 'USAT', rd: number, rn: number, position: number, isRight: 0 | 1, amount: number): Instruction {
  return { kind: 'compute', name, rd, sources: [rn], immediate: position | (isRight << 6) | (amount << 7) };
}
