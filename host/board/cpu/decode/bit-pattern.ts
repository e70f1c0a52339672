/**
 * Encodings written as the architecture manual draws them: `0001100 mmm nnn ddd`.
 *
 * `0` and `1` must match; a letter names a field, and its bits are gathered from left to right wherever they stand. `z` and `y` are the
 * manual's (0) and (1): bits that should be so and make the instruction UNPREDICTABLE when they are not. Blanks are for the eye.
 */
import type { Instruction } from '../instruction.js';
import { UNPREDICTABLE } from '../instruction.js';

type FieldNames<Pattern extends string> = Pattern extends `${infer Head}${infer Tail}`
  ? (Head extends '0' | '1' | ' ' ? never : Head) | FieldNames<Tail>
  : never;

export type Fields<Pattern extends string> = Readonly<Record<FieldNames<Pattern>, number>>;

export interface Encoding {
  readonly mask: number;
  readonly value: number;
  readonly shouldBeZero: number;
  readonly shouldBeOne: number;
  /** Undefined when the manual says "see another encoding": the search goes on. */
  decode(opcode: number, inItBlock: boolean): Instruction | undefined;
}

/**
 * One row of an encoding table.
 * @param plainRegisters field letters that must name neither SP nor PC (the manual's BadReg), else UNPREDICTABLE.
 */
export function encoding<const Pattern extends string>(
  pattern: Pattern,
  build: (fields: Fields<Pattern>, inItBlock: boolean) => Instruction | undefined,
  plainRegisters = '',
): Encoding {
  const letters = pattern.replaceAll(' ', '');
  if (letters.length !== 16 && letters.length !== 32) throw new RangeError(`encoding of ${letters.length} bits: ${pattern}`);
  const bits = { mask: 0, value: 0, shouldBeZero: 0, shouldBeOne: 0 };
  const positions = new Map<string, number[]>();
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    const position = letters.length - 1 - at;
    const bit = 1 << position;
    if (letter === '0' || letter === '1') bits.mask |= bit;
    if (letter === '1') bits.value |= bit;
    if (letter === 'z') bits.shouldBeZero |= bit;
    if (letter === 'y') bits.shouldBeOne |= bit;
    positions.set(letter, [...(positions.get(letter) ?? []), position]);
  }
  const extract = (opcode: number): Fields<Pattern> => {
    const fields: Record<string, number> = {};
    for (const [letter, places] of positions) {
      fields[letter] = places.reduce((field, place) => field * 2 + ((opcode >>> place) & 1), 0);
    }
    return fields as Fields<Pattern>;
  };
  return {
    ...bits,
    decode: (opcode, inItBlock) => {
      const fields = extract(opcode);
      const instruction = build(fields, inItBlock);
      if (instruction === undefined) return undefined;
      if ((opcode & bits.shouldBeZero) !== 0 || (~opcode & bits.shouldBeOne) !== 0) return UNPREDICTABLE;
      const named: Readonly<Record<string, number>> = fields;
      for (const letter of plainRegisters) if (named[letter] === 13 || named[letter] === 15) return UNPREDICTABLE;
      return instruction;
    },
  };
}

/** The first row that matches decides. */
export function decodeWith(table: readonly Encoding[], opcode: number, inItBlock: boolean): Instruction | undefined {
  for (const row of table) {
    if (((opcode ^ row.value) & row.mask) !== 0) continue;
    const instruction = row.decode(opcode, inItBlock);
    if (instruction !== undefined) return instruction;
  }
  return undefined;
}

/** Two's complement of the low `bitCount` bits. */
export function signExtend(value: number, bitCount: number): number {
  return (value << (32 - bitCount)) >> (32 - bitCount);
}
