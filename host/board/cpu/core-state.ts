/**
 * The core's registers as one Int32Array, so that translated code reaches each of them at a constant place.
 *
 * R0-R12, SP, LR and PC are elements 0-15; the rest of the programmer's model (ARMv7-M ARM §B1.4) follows. The condition flags are
 * kept in the form in which an ALU result leaves them: nothing is packed before somebody reads xPSR.
 */

export const SLOT = {
  SP: 13,
  LR: 14,
  PC: 15,
  /** APSR.N is the sign of this element. */
  N: 16,
  /** APSR.Z is set when this element is zero. */
  Z: 17,
  /** APSR.C: 0 or 1. */
  C: 18,
  /** APSR.V is the sign of this element. */
  V: 19,
  /** APSR.Q: 0 or 1. */
  Q: 20,
  /** APSR.GE[3:0]. */
  GE: 21,
  /** EPSR.IT[7:0]; inside a translated block only valid where the instruction may leave it. */
  IT: 22,
  /** IPSR: 0 in thread mode, else the number of the exception being handled. */
  IPSR: 23,
  PRIMASK: 24,
  FAULTMASK: 25,
  BASEPRI: 26,
  CONTROL: 27,
  /** The stack pointer that R13 is not at the moment: PSP while MSP is in use and the other way round. */
  OTHER_SP: 28,
  /** Local exclusive monitor: 1 after LDREX. The Cortex-M7's does not tag an address. */
  EXCLUSIVE: 29,
  /** EPSR.T: 0 or 1. */
  T: 30,
  /** Not architectural: non-zero asks the running block to end at its next opportunity. */
  ATTENTION: 31,
  /** Not architectural: a block that leaves R13 below it is the last one that `run` executes; 0 never is, as long as SP points to RAM. */
  STACK_LIMIT: 32,
} as const;

export const SLOT_COUNT = 33;

/** CONTROL.nPRIV and CONTROL.SPSEL. */
export const CONTROL_NPRIV = 1;
export const CONTROL_SPSEL = 2;

const XPSR_T = 1 << 24;

/** APSR.NZCVQ in bits 31:27 and GE in bits 19:16. */
export function packApsr(r: Int32Array): number {
  return (
    ((r[SLOT.N]! < 0 ? 1 << 31 : 0) |
      (r[SLOT.Z] === 0 ? 1 << 30 : 0) |
      (r[SLOT.C]! << 29) |
      (r[SLOT.V]! < 0 ? 1 << 28 : 0) |
      (r[SLOT.Q]! << 27) |
      (r[SLOT.GE]! << 16)) >>>
    0
  );
}

export function unpackNzcvq(r: Int32Array, apsr: number): void {
  r[SLOT.N] = apsr;
  r[SLOT.Z] = ~apsr & (1 << 30);
  r[SLOT.C] = (apsr >>> 29) & 1;
  r[SLOT.V] = apsr << 3;
  r[SLOT.Q] = (apsr >>> 27) & 1;
}

/** xPSR as exception entry stacks it: IT[7:2] in bits 15:10, IT[1:0] in bits 26:25 (ARMv7-M ARM §B1.4.2). */
export function packXpsr(r: Int32Array): number {
  const it = r[SLOT.IT]!;
  const epsr = ((it & 3) << 25) | ((it >>> 2) << 10) | (r[SLOT.T] === 0 ? 0 : XPSR_T);
  return (packApsr(r) | epsr | r[SLOT.IPSR]!) >>> 0;
}

export function unpackXpsr(r: Int32Array, xpsr: number): void {
  unpackNzcvq(r, xpsr);
  r[SLOT.GE] = (xpsr >>> 16) & 15;
  r[SLOT.IT] = ((xpsr >>> 25) & 3) | ((xpsr >>> 8) & 0xfc);
  r[SLOT.T] = (xpsr & XPSR_T) === 0 ? 0 : 1;
  r[SLOT.IPSR] = xpsr & 0x1ff;
}

/** Handler mode, or thread mode without CONTROL.nPRIV. */
export function isPrivileged(r: Int32Array): boolean {
  return r[SLOT.IPSR] !== 0 || (r[SLOT.CONTROL]! & CONTROL_NPRIV) === 0;
}

/** R13 is PSP only in thread mode with CONTROL.SPSEL set. */
export function usesProcessStack(r: Int32Array): boolean {
  return r[SLOT.IPSR] === 0 && (r[SLOT.CONTROL]! & CONTROL_SPSEL) !== 0;
}

/** Exchanges R13 with the other stack pointer. */
export function swapStacks(r: Int32Array): void {
  const sp = r[SLOT.SP]!;
  r[SLOT.SP] = r[SLOT.OTHER_SP]!;
  r[SLOT.OTHER_SP] = sp;
}
