/** Immediate constants and shifts as Thumb encodes them (ARMv7-M ARM §A5.3.2, §A7.4.2). */
import type { Operand, ShiftType } from '../instruction.js';

/** DecodeImmShift: amount 0 means 32 for LSR and ASR, and RRX for ROR. */
export function decodeImmediateShift(type: number, amount: number): { readonly shift: ShiftType; readonly amount: number } {
  if (type === 0) return { shift: 'LSL', amount };
  if (type === 1) return { shift: 'LSR', amount: amount === 0 ? 32 : amount };
  if (type === 2) return { shift: 'ASR', amount: amount === 0 ? 32 : amount };
  return amount === 0 ? { shift: 'RRX', amount: 1 } : { shift: 'ROR', amount };
}

/** ThumbExpandImm_C; undefined where a byte of zero is to be replicated (UNPREDICTABLE). */
export function expandImmediate(imm12: number): Operand | undefined {
  const byte = imm12 & 0xff;
  if (imm12 >>> 10 === 0) {
    const replication = (imm12 >>> 8) & 3;
    if (replication !== 0 && byte === 0) return undefined;
    const factor = [1, 0x00010001, 0x01000100, 0x01010101][replication] ?? 1;
    return { kind: 'immediate', value: (byte * factor) | 0 };
  }
  const unrotated = 0x80 | (imm12 & 0x7f);
  const rotation = imm12 >>> 7;
  const value = (unrotated >>> rotation) | (unrotated << (32 - rotation));
  return { kind: 'immediate', value, carry: value < 0 ? 1 : 0 };
}
