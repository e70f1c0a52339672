/**
 * What an instruction does to the flags and to the flow, as the block translator needs it to leave out flags that nobody will see.
 * Works on values; knows no encodings and writes no JavaScript.
 */
import type { Condition, Instruction, Operand } from '../instruction.js';

export const FLAG = { N: 1, Z: 2, C: 4, V: 8 } as const;
export const ALL_FLAGS = 15;
const NZ = FLAG.N | FLAG.Z;

/** Flags that each pair of condition codes (EQ/NE, CS/CC …) looks at. */
const CONDITION_FLAGS: readonly number[] = [FLAG.Z, FLAG.C, FLAG.N, FLAG.V, FLAG.C | FLAG.Z, FLAG.N | FLAG.V, NZ | FLAG.V];

export function flagsOfCondition(condition: Condition): number {
  return CONDITION_FLAGS[condition >>> 1] ?? ALL_FLAGS;
}

/** Does the shifter or the constant produce a carry of its own? */
export function hasCarryOut(operand: Operand): boolean {
  return operand.kind === 'immediate' ? operand.carry !== undefined : operand.shift !== 'LSL' || operand.amount !== 0;
}

/** Flags that certainly have a new value after the instruction. */
export function flagsWritten(instruction: Instruction): number {
  switch (instruction.kind) {
    case 'logical':
      return instruction.setFlags ? NZ | (hasCarryOut(instruction.operand) ? FLAG.C : 0) : 0;
    case 'arithmetic':
      return instruction.setFlags ? ALL_FLAGS : 0;
    case 'shift':
    case 'multiply':
      return instruction.setFlags ? NZ : 0;
    default:
      return 0;
  }
}

/** Flags whose old value the instruction uses by itself, its condition aside. */
export function flagsRead(instruction: Instruction): number {
  const usesCarry =
    ('operand' in instruction && instruction.operand.kind === 'register' && instruction.operand.shift === 'RRX') ||
    (instruction.kind === 'arithmetic' && (instruction.op === 'ADC' || instruction.op === 'SBC'));
  if (usesCarry) return FLAG.C;
  return instruction.kind === 'branch' && instruction.condition !== undefined ? flagsOfCondition(instruction.condition) : 0;
}

/** Instructions that can neither fault nor call anything that looks at the flags. */
const QUIET: ReadonlySet<Instruction['kind']> = new Set<Instruction['kind']>([
  'logical', 'arithmetic', 'shift', 'pc-relative', 'move-top', 'extract', 'insert', 'extend', 'multiply', 'compute', 'long',
  'clear-exclusive', 'if-then', 'nop', 'branch', 'compare-branch',
]);

/** May the outside (a fault, the bus, a system register) see the core's state while this instruction runs? */
export function isObservable(instruction: Instruction): boolean {
  return !QUIET.has(instruction.kind);
}

const BLOCK_ENDS: ReadonlySet<Instruction['kind']> = new Set<Instruction['kind']>([
  'branch', 'branch-link', 'branch-register', 'compare-branch', 'table-branch', 'wait-for-interrupt', 'supervisor-call', 'breakpoint',
  'undefined', 'no-coprocessor', 'unpredictable',
]);

/** Does the instruction write PC, or stop the core from going on behind it? */
export function endsBlock(instruction: Instruction): boolean {
  if (BLOCK_ENDS.has(instruction.kind)) return true;
  switch (instruction.kind) {
    case 'logical':
    case 'arithmetic':
      return instruction.rd === 15;
    case 'load':
      return instruction.rt === 15;
    case 'load-multiple':
      return instruction.list >>> 15 === 1;
    default:
      return false;
  }
}

/** Kinds that have no place in an IT block at all (ARMv7-M ARM §A7.3.2); other branches must be its last instruction. */
const NEVER_IN_IT: ReadonlySet<Instruction['kind']> = new Set<Instruction['kind']>(['compare-branch', 'if-then', 'change-state']);

export function isAllowedInIt(instruction: Instruction, isLast: boolean): boolean {
  if (NEVER_IN_IT.has(instruction.kind)) return false;
  if (instruction.kind === 'branch' && instruction.condition !== undefined) return false;
  const stops = instruction.kind === 'supervisor-call' || instruction.kind === 'breakpoint' || instruction.kind === 'undefined' ||
    instruction.kind === 'no-coprocessor' || instruction.kind === 'wait-for-interrupt';
  return isLast || stops || !endsBlock(instruction);
}
