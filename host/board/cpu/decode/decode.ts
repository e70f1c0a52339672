/** Bits → instruction value. Knows encodings, not effects: everything that reads as an instruction has a value, even a meaningless one. */
import type { Instruction, Located } from '../instruction.js';
import { UNDEFINED } from '../instruction.js';
import type { Encoding } from './bit-pattern.js';
import { decodeWith } from './bit-pattern.js';
import { NARROW } from './narrow.js';
import { BRANCH, COPROCESSOR } from './wide-branch.js';
import { IMMEDIATE, SHIFTED_REGISTER } from './wide-data.js';
import { MEMORY } from './wide-memory.js';
import { MULTIPLY, REGISTER } from './wide-register.js';

export const WIDE: readonly Encoding[] = [...MEMORY, ...SHIFTED_REGISTER, ...BRANCH, ...IMMEDIATE, ...REGISTER, ...MULTIPLY, ...COPROCESSOR];

/** A halfword that opens a 32-bit instruction: bits 15:11 are 0b11101, 0b11110 or 0b11111 (ARMv7-M ARM §A5.1). */
export function isWide(halfword: number): boolean {
  return halfword >= 0xe800;
}

export function decode(opcode: number, lengthBytes: 2 | 4, inItBlock: boolean): Instruction {
  return decodeWith(lengthBytes === 2 ? NARROW : WIDE, opcode, inItBlock) ?? UNDEFINED;
}

/** The instruction at `address`, or undefined when `fetch` cannot give all of it. */
export function decodeAt(address: number, fetch: (address: number) => number | undefined, inItBlock: boolean): Located | undefined {
  const first = fetch(address);
  if (first === undefined) return undefined;
  if (!isWide(first)) return { instruction: decode(first, 2, inItBlock), address, lengthBytes: 2, opcode: first };
  const second = fetch(address + 2);
  if (second === undefined) return undefined;
  const opcode = ((first << 16) | second) >>> 0;
  return { instruction: decode(opcode, 4, inItBlock), address, lengthBytes: 4, opcode };
}
