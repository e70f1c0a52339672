/**
 * Random instructions and states for the oracle. Every row of the decoder's tables is drawn equally often, so rare encodings are met as
 * often as common ones; a share of unrestricted bit patterns finds encodings that the tables do not know.
 */
import { decode, WIDE } from '../../../../host/board/cpu/decode/decode.js';
import { NARROW } from '../../../../host/board/cpu/decode/narrow.js';
import type { Encoding } from '../../../../host/board/cpu/decode/bit-pattern.js';
import type { Instruction } from '../../../../host/board/cpu/instruction.js';
import { endsBlock, isAllowedInIt } from '../../../../host/board/cpu/translate/effects.js';
import type { Random } from '../../../../host/board/random.js';
import { XPSR_AT } from './unicorn.js';

export const CODE_BASE = 0x20000000;
export const CODE_BYTES = 1 << 20;
export const DATA_BASE = 0x24000000;
export const DATA_BYTES = 65536;
/** Less than a page: the engine's careful way. */
export const SMALL_BASE = 0x30000000;
export const SMALL_BYTES = 32768;

export interface RandomInstruction {
  readonly opcode: number;
  readonly lengthBytes: 2 | 4;
  readonly instruction: Instruction;
  /** Condition of an IT block of one around it; undefined outside. */
  readonly condition: number | undefined;
}

/**
 * Kinds that the oracle cannot judge: its WFI, SVC and BKPT end in unicorn's own hooks, it has an FPU, its exclusive monitor compares
 * values, and special registers other than APSR would leak from case to case. They have tests of their own.
 */
const EXCLUDED: ReadonlySet<Instruction['kind']> = new Set<Instruction['kind']>([
  'unpredictable', 'breakpoint', 'supervisor-call', 'wait-for-interrupt', 'no-coprocessor', 'if-then', 'change-state', 'store-exclusive',
]);

/** SYSm 0-3 write APSR alone; beyond are stack pointers, masks and CONTROL. */
const touchesOnlyApsr = (instruction: Instruction): boolean => instruction.kind !== 'write-special' || instruction.sysm <= 3;

/** YIELD and WFE are INSN_INVALID to unicorn 2.0.1, in both widths. */
const isHint = (opcode: number, lengthBytes: number): boolean => (lengthBytes === 2 ? opcode >>> 8 === 0xbf : ((opcode & 0xfff0d000) >>> 0) === 0xf3a08000);

function drawOpcode(random: Random, row: Encoding): number {
  const opcode = (row.value | (random.u32() & ~row.mask & ~row.shouldBeZero) | row.shouldBeOne) >>> 0;
  return row.mask >>> 16 === 0 && row.value >>> 16 === 0 ? opcode & 0xffff : opcode;
}

/** One bit pattern in eight is drawn from the whole space of 32-bit encodings. */
function draw(random: Random): { readonly opcode: number; readonly lengthBytes: 2 | 4 } {
  if (random.below(8) === 0) return { opcode: (0xe8000000 + random.below(0x18000000)) >>> 0, lengthBytes: 4 };
  const at = random.below(NARROW.length + WIDE.length);
  const isNarrow = at < NARROW.length;
  const row = isNarrow ? NARROW[at]! : WIDE[at - NARROW.length]!;
  return { opcode: drawOpcode(random, row), lengthBytes: isNarrow ? 2 : 4 };
}

/** One instruction, in a quarter of the cases inside an IT block of its own. */
export function randomInstruction(random: Random): RandomInstruction {
  const condition = random.below(4) === 0 ? random.below(14) : undefined;
  for (;;) {
    const { opcode, lengthBytes } = draw(random);
    const instruction = decode(opcode, lengthBytes, condition !== undefined);
    if (EXCLUDED.has(instruction.kind) || !touchesOnlyApsr(instruction) || isHint(opcode, lengthBytes)) continue;
    if (condition !== undefined && !isAllowedInIt(instruction, true)) continue;
    return { opcode, lengthBytes, instruction, condition };
  }
}

/** The instruction as halfwords, with the IT in front that makes it conditional. */
export function codeOf({ opcode, lengthBytes, condition }: RandomInstruction): readonly number[] {
  const code = lengthBytes === 2 ? [opcode] : [opcode >>> 16, opcode & 0xffff];
  return condition === undefined ? code : [0xbf08 | (condition << 4), ...code];
}

/** A straight line of instructions, each with its address relative to the first halfword. */
export interface RandomSequence {
  readonly code: readonly number[];
  readonly steps: readonly (RandomInstruction & { readonly offsetBytes: number })[];
}

/** SP with its low bits set would be a known difference at first and an unknown one later. */
function writesSp(instruction: Instruction): boolean {
  if ('rd' in instruction && instruction.rd === 13) return true;
  if (instruction.kind === 'load' && instruction.rt === 13) return true;
  return 'address' in instruction && instruction.address.base === 13 && instruction.address.mode !== 'offset';
}

/** An ISB inside an IT block ends unicorn's own block, and it forgets the conditions of the rest. */
const isBarrier = ({ opcode }: RandomInstruction): boolean => ((opcode & 0xfff0ff00) >>> 0) === 0xf3b08f00;

/** Instructions in a row, some in IT blocks of up to four with both polarities; flags live and die between them. */
export function randomSequence(random: Random, length: number): RandomSequence {
  const code: number[] = [];
  const steps: (RandomInstruction & { offsetBytes: number })[] = [];
  while (steps.length < length) {
    const inIt = random.below(4) === 0;
    const count = inIt ? 1 + random.below(4) : 1;
    const first = random.below(14);
    const polarities = Array.from({ length: count }, (_, at) => (at === 0 ? first & 1 : random.below(2)));
    if (inIt) code.push(0xbf00 | (first << 4) | polarities.slice(1).reduce((mask, bit, at) => mask | (bit << (3 - at)), 8 >>> (count - 1)));
    for (const polarity of polarities) {
      const step = randomStraight(random, inIt ? (first & ~1) | polarity : undefined);
      steps.push({ ...step, offsetBytes: code.length * 2 });
      code.push(...(step.lengthBytes === 2 ? [step.opcode] : [step.opcode >>> 16, step.opcode & 0xffff]));
    }
  }
  return { code, steps };
}

function randomStraight(random: Random, condition: number | undefined): RandomInstruction {
  for (;;) {
    const drawn = randomInstruction(random);
    const instruction = decode(drawn.opcode, drawn.lengthBytes, condition !== undefined);
    if (endsBlock(instruction) || writesSp(instruction) || (condition !== undefined && isBarrier(drawn))) continue;
    if (condition === undefined || isAllowedInIt(instruction, false)) return { ...drawn, instruction, condition };
  }
}

/** Mostly addresses that exist, in both kinds of memory and in code; sometimes small or wild numbers. */
function randomValue(random: Random): number {
  const kind = random.below(16);
  const alignment = random.below(3) === 0 ? 0 : 3;
  if (kind < 7) return DATA_BASE + 8192 + (random.below(DATA_BYTES - 16384) & ~alignment);
  if (kind < 9) return SMALL_BASE + 6144 + (random.below(SMALL_BYTES - 12288) & ~alignment);
  if (kind < 10) return CODE_BASE + CODE_BYTES / 2 + random.below(65536);
  if (kind < 12) return random.below(64);
  if (kind < 13) return random.u32() & random.u32() & random.u32();
  if (kind < 14) return (random.u32() | random.u32() | random.u32()) >>> 0;
  return random.u32();
}

/** Fills R0-R12, SP, LR and the flags; PC is the caller's. */
export function randomState(random: Random, registers: Uint32Array): void {
  for (let at = 0; at < 15; at++) registers[at] = randomValue(random);
  registers[13] = DATA_BASE + 8192 + (random.below(DATA_BYTES - 16384) & ~3);
  registers[XPSR_AT] = ((random.u32() & 0xf80f0000) | 0x01000000) >>> 0;
}
