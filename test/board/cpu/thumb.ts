/** A handful of encodings, so that the tests of the core need no ARM tools. Low registers only; offsets in bytes. */

export const BKPT = 0xbe00;
export const NOP = 0xbf00;
export const WFI = 0xbf30;
export const SVC = 0xdf00;
export const CPSID_F = 0xb671;
export const CPSIE_F = 0xb661;
export const BX_LR = 0x4770;
export const B_SELF = 0xe7fe;
/** A permanently undefined encoding. */
export const UDF = 0xde00;

export const LR = 14;

/** MOVW and MOVT: four halfwords. */
export function constant(rd: number, value: number): readonly number[] {
  return [...move(0xf240, rd, value & 0xffff), ...move(0xf2c0, rd, value >>> 16)];
}

function move(opcode: number, rd: number, half: number): readonly number[] {
  return [opcode | ((half >>> 1) & 0x400) | (half >>> 12), ((half & 0x700) << 4) | (rd << 8) | (half & 0xff)];
}

export const movs = (rd: number, value: number): number => 0x2000 | (rd << 8) | value;
export const adds = (rd: number, value: number): number => 0x3000 | (rd << 8) | value;
export const subs = (rd: number, value: number): number => 0x3800 | (rd << 8) | value;
export const cmp = (rn: number, value: number): number => 0x2800 | (rn << 8) | value;
export const movRegister = (rd: number, rm: number): number => 0x4600 | ((rd & 8) << 4) | (rm << 3) | (rd & 7);
export const ldr = (rt: number, rn: number, offset = 0): number => 0x6800 | ((offset >>> 2) << 6) | (rn << 3) | rt;
export const str = (rt: number, rn: number, offset = 0): number => 0x6000 | ((offset >>> 2) << 6) | (rn << 3) | rt;
export const ldrh = (rt: number, rn: number): number => 0x8800 | (rn << 3) | rt;
export const strh = (rt: number, rn: number): number => 0x8000 | (rn << 3) | rt;
export const ldrb = (rt: number, rn: number): number => 0x7800 | (rn << 3) | rt;
export const strb = (rt: number, rn: number): number => 0x7000 | (rn << 3) | rt;
export const bx = (rm: number): number => 0x4700 | (rm << 3);
/** Back over so many halfwords, this one not counted; condition 14 is always. */
export const branchBack = (condition: number, halfwords: number): number =>
  condition === 14 ? 0xe000 | ((-halfwords - 2) & 0x7ff) : 0xd000 | (condition << 8) | ((-halfwords - 2) & 0xff);
/** Over the next halfword. */
export const branchOver = (condition: number): number => 0xd000 | (condition << 8);
export const NE = 1;
export const ALWAYS = 14;
