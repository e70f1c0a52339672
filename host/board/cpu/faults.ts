/**
 * How execution ends before its time: faults that the core takes as exceptions, and the two ways in which a program asks for
 * something to which no honest answer exists.
 */
import { hex32 } from '../../errors.js';

/** Exception numbers (ARMv7-M ARM §B1.5.2). */
export const EXCEPTION = { hardFault: 3, memManage: 4, busFault: 5, usageFault: 6, svCall: 11 } as const;
export type ExceptionNumber = (typeof EXCEPTION)[keyof typeof EXCEPTION];

/** CFSR bits (PM0253 §4.3): MMFSR in byte 0, BFSR in byte 1, UFSR in the upper half. */
export const CFSR = {
  IACCVIOL: 1 << 0,
  IBUSERR: 1 << 8,
  PRECISERR: 1 << 9,
  UNSTKERR: 1 << 11,
  STKERR: 1 << 12,
  BFARVALID: 1 << 15,
  UNDEFINSTR: 1 << 16,
  INVSTATE: 1 << 17,
  INVPC: 1 << 18,
  NOCP: 1 << 19,
  UNALIGNED: 1 << 24,
  DIVBYZERO: 1 << 25,
} as const;

/** HFSR bits (PM0253 §4.3). */
export const HFSR = { VECTTBL: 1 << 1, FORCED: 1 << 30 } as const;

/**
 * Thrown out of a translated block when an instruction faults. The status registers are set by whoever throws; PC is the faulting
 * instruction. Not an Error: it is part of normal execution and needs no stack trace.
 */
export class CoreFault {
  readonly exception: ExceptionNumber;

  constructor(exception: ExceptionNumber) {
    this.exception = exception;
  }
}

/** The program reached an encoding whose effect the architecture leaves UNPREDICTABLE. */
export class UnpredictableInstruction extends Error {
  override readonly name = 'UnpredictableInstruction';
  readonly pc: number;
  readonly opcode: number;

  constructor(pc: number, opcode: number) {
    super(`UNPREDICTABLE instruction 0x${(opcode >>> 0).toString(16)} at ${hex32(pc)}`);
    this.pc = pc >>> 0;
    this.opcode = opcode >>> 0;
  }
}

/** The program uses a part of the core that this engine does not model; going on would be guessing. */
export class UnmodelledFeature extends Error {
  override readonly name = 'UnmodelledFeature';

  constructor(what: string, pc: number) {
    super(`${what} is not modelled (pc ${hex32(pc)})`);
  }
}
