/** Do engine and oracle agree? Where they may differ has names, and the list is closed. */
import { CFSR } from '../../../../host/board/cpu/faults.js';
import type { Instruction } from '../../../../host/board/cpu/instruction.js';
import { endsBlock } from '../../../../host/board/cpu/translate/effects.js';
import type { Outcome } from './comparison.js';
import type { RandomInstruction } from './random-instruction.js';
import { XPSR_AT } from './unicorn.js';

/** In each of these the engine does what the architecture says. */
export const EXPLAINED = [
  'multiple, paired and exclusive accesses must be aligned',
  'SP keeps its low bits zero',
  'a branch goes to where nothing can be executed',
  'a store relative to PC is undefined',
  'BLX with an offset is undefined',
  'SIMD loads and stores are undefined',
  'exclusive doublewords are undefined',
  'core registers answer on the private peripheral bus',
  'a conditional store that faults stops the oracle too late',
] as const;
export type Explained = (typeof EXPLAINED)[number];

const MULTIPLE_KINDS: ReadonlySet<Instruction['kind']> = new Set<Instruction['kind']>(['load-pair', 'store-pair', 'load-multiple', 'store-multiple', 'load-exclusive']);

const STORES: ReadonlySet<Instruction['kind']> = new Set<Instruction['kind']>(['store', 'store-pair', 'store-multiple']);

/** Unallocated encodings that unicorn 2.0.1 executes: mask, value, name. */
const UNALLOCATED: readonly (readonly [mask: number, value: number, name: Explained])[] = [
  [0xff1f0000, 0xf80f0000, EXPLAINED[3]],
  [0xf800d000, 0xf000c000, EXPLAINED[4]],
  [0xff100000, 0xf9000000, EXPLAINED[5]],
  [0xffe00070, 0xe8c00070, EXPLAINED[6]],
];

/** NZCVQ and GE. EPSR.IT and IPSR are not what the oracle reports reliably. */
const XPSR_COMPARED = 0xf80f0000;

/** A fault of ours that the oracle does not take, or takes in another way. */
function explainFault(drawn: RandomInstruction, ours: Outcome, theirs: Outcome): Explained | undefined {
  const { kind } = drawn.instruction;
  if ((ours.cfsr & CFSR.UNALIGNED) !== 0 && MULTIPLE_KINDS.has(kind)) return EXPLAINED[0];
  const isBadTarget = (ours.cfsr & (CFSR.INVSTATE | CFSR.IACCVIOL | CFSR.IBUSERR)) !== 0;
  if (isBadTarget && endsBlock(drawn.instruction) && theirs.end !== 'breakpoint') return EXPLAINED[2];
  if (kind !== 'undefined' || drawn.lengthBytes !== 4) return undefined;
  return UNALLOCATED.find(([mask, value]) => ((drawn.opcode & mask) >>> 0) === value)?.[2];
}

/**
 * @param state registers before.
 * @returns undefined when both agree, the name of an explained difference, or a description of an unexplained one.
 */
export function judge(drawn: RandomInstruction, state: Uint32Array, outcome: { ours: Outcome; theirs: Outcome }, memoryIsEqual: boolean): Explained | string | undefined {
  const { ours, theirs } = outcome;
  if (ours.end === 'other' && theirs.end === 'other') return undefined;
  if (ours.end !== 'breakpoint') {
    if (isLateStore(drawn, ours, theirs)) return EXPLAINED[8];
    const explained = explainFault(drawn, ours, theirs);
    if (explained !== undefined) return explained;
    if (ours.end !== theirs.end) return `we end with ${ours.end} (CFSR ${ours.cfsr.toString(16)}), the oracle with ${theirs.end}`;
    // Which of several accesses fails first, and what it leaves behind, is nobody's promise.
    return MULTIPLE_KINDS.has(drawn.instruction.kind) || (ours.cfsr & CFSR.STKERR) !== 0 ? undefined : differences(ours, theirs);
  }
  if (theirs.end !== 'breakpoint') return isPrivateAccess(drawn.instruction, state) ? EXPLAINED[7] : `we run, the oracle ends with ${theirs.end}`;
  const differing = differingRegisters(ours, theirs);
  const isMaskedSp = differing.length === 1 && differing[0] === 13 && ours.registers[13] === (theirs.registers[13]! & ~3) >>> 0;
  if (isMaskedSp && memoryIsEqual) return EXPLAINED[1];
  return differences(ours, theirs) ?? (memoryIsEqual ? undefined : 'memory differs');
}

/** unicorn 2.0.1 runs on to the end of the IT block or beyond, and what it does there is no fault's business. */
function isLateStore({ instruction, condition }: RandomInstruction, ours: Outcome, theirs: Outcome): boolean {
  return STORES.has(instruction.kind) && condition !== undefined && theirs.registers[15]! > ours.registers[15]!;
}

function isPrivateAccess(instruction: Instruction, state: Uint32Array): boolean {
  if (instruction.kind !== 'load' && instruction.kind !== 'store') return false;
  const { base, index, offset, mode } = instruction.address;
  const step = index === undefined ? offset : state[index.rm]! << index.shift;
  return (state[base]! + (mode === 'post' ? 0 : step)) >>> 18 === 0xe0000000 >>> 18;
}

function differingRegisters(ours: Outcome, theirs: Outcome): readonly number[] {
  return Array.from({ length: 17 }, (_, at) => at).filter((at) => ((ours.registers[at]! ^ theirs.registers[at]!) & (at === XPSR_AT ? XPSR_COMPARED : -1)) !== 0);
}

function differences(ours: Outcome, theirs: Outcome): string | undefined {
  const differing = differingRegisters(ours, theirs);
  if (differing.length === 0) return undefined;
  return `registers ${differing.map((at) => `${at}: ${ours.registers[at]!.toString(16)} / ${theirs.registers[at]!.toString(16)}`).join(', ')}`;
}
