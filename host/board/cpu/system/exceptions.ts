/**
 * Exception entry and return (ARMv7-M ARM §B1.5.6 to §B1.5.8): stacking, vectors, EXC_RETURN, escalation, lockup.
 *
 * Only synchronous exceptions exist here, the faults and SVC; there are no interrupts, so nothing arrives late. A return that fails
 * its checks stacks a frame of its own for the UsageFault instead of tail-chaining.
 */
import { BusFault } from '../bus.js';
import { CONTROL_SPSEL, SLOT, packXpsr, swapStacks, unpackXpsr, usesProcessStack } from '../core-state.js';
import { CFSR, CoreFault, EXCEPTION, HFSR } from '../faults.js';
import type { ExceptionNumber } from '../faults.js';
import type { CoreMemory } from '../memory.js';
import type { SystemControl } from './system-control.js';

/** The basic frame: R0-R3, R12, LR, return address, xPSR. There is no FPU whose registers could follow. */
const FRAME_BYTES = 32;
/** xPSR bit 9 in a stacked frame: SP was moved to an 8-byte boundary. */
const FRAME_ALIGNED = 1 << 9;
const EXC_RETURN = { handler: 0xfffffff1, threadMain: 0xfffffff9, threadProcess: 0xfffffffd } as const;

export class Exceptions {
  readonly #r: Int32Array;
  readonly #mem: CoreMemory;
  readonly #control: SystemControl;

  constructor(r: Int32Array, mem: CoreMemory, control: SystemControl) {
    this.#r = r;
    this.#mem = mem;
    this.#control = control;
  }

  /**
   * Takes a synchronous exception; `returnAddress` is the faulting instruction, or the one behind SVC.
   * @returns false when the core locks up instead (§B1.5.15).
   */
  take(exception: ExceptionNumber, returnAddress: number): boolean {
    const current = this.#control.executionPriority();
    if (exception !== EXCEPTION.hardFault && this.#control.isEnabled(exception) && this.#control.priorityOf(exception) < current) {
      return this.#enter(exception, returnAddress);
    }
    if (current <= -1) return false;
    this.#control.hfsr |= HFSR.FORCED;
    return this.#enter(EXCEPTION.hardFault, returnAddress);
  }

  #enter(exception: ExceptionNumber, returnAddress: number): boolean {
    const stacked = this.#pushFrame(returnAddress);
    const r = this.#r;
    const fromProcessStack = usesProcessStack(r);
    r[SLOT.LR] = r[SLOT.IPSR] !== 0 ? EXC_RETURN.handler : fromProcessStack ? EXC_RETURN.threadProcess : EXC_RETURN.threadMain;
    if (fromProcessStack) swapStacks(r);
    r[SLOT.CONTROL] = r[SLOT.CONTROL]! & ~CONTROL_SPSEL;
    r[SLOT.IT] = 0;
    r[SLOT.EXCLUSIVE] = 0;
    return this.#goToHandler(stacked ? exception : this.#derived(exception));
  }

  /** The bus error of a failed stacking replaces the exception when it is more urgent; the frame is lost either way. */
  #derived(original: ExceptionNumber): ExceptionNumber {
    const { busFault, hardFault } = EXCEPTION;
    this.#control.cfsr |= CFSR.STKERR;
    const priority = this.#control.priorityOf(busFault);
    if (this.#control.isEnabled(busFault) && priority < this.#control.executionPriority()) {
      return priority < this.#control.priorityOf(original) ? busFault : original;
    }
    this.#control.hfsr |= HFSR.FORCED;
    return hardFault;
  }

  #pushFrame(returnAddress: number): boolean {
    const r = this.#r;
    const sp = r[SLOT.SP]!;
    const frame = (sp - FRAME_BYTES) & ~7;
    const xpsr = packXpsr(r) | ((sp & 4) === 0 ? 0 : FRAME_ALIGNED);
    const words = [r[0]!, r[1]!, r[2]!, r[3]!, r[12]!, r[SLOT.LR]!, returnAddress, xpsr];
    r[SLOT.SP] = frame;
    try {
      words.forEach((word, at) => this.#mem.rawWrite((frame + at * 4) | 0, 4, word >>> 0));
      return true;
    } catch (error) {
      if (!(error instanceof BusFault)) throw error;
      return false;
    }
  }

  #goToHandler(exception: ExceptionNumber): boolean {
    const vector = this.#fetchVector(exception);
    if (vector === undefined) {
      this.#control.hfsr |= HFSR.VECTTBL;
      return exception === EXCEPTION.hardFault ? false : this.#goToHandler(EXCEPTION.hardFault);
    }
    this.#control.active.push(exception);
    this.#r[SLOT.IPSR] = exception;
    this.#r[SLOT.PC] = vector & ~1;
    this.#r[SLOT.T] = vector & 1;
    return true;
  }

  #fetchVector(exception: number): number | undefined {
    try {
      return this.#mem.rawRead((this.#control.vtor + exception * 4) | 0, 4);
    } catch (error) {
      if (!(error instanceof BusFault)) throw error;
      return undefined;
    }
  }

  /** A load of 0xFxxxxxxx into PC in handler mode. @throws CoreFault when the value or the frame makes no sense. */
  return(excReturn: number): void {
    const r = this.#r;
    const value = excReturn >>> 0;
    const toHandler = value === EXC_RETURN.handler;
    const toProcessStack = value === EXC_RETURN.threadProcess;
    const returning = r[SLOT.IPSR]!;
    const nesting = this.#control.active.length;
    const isKnown = toHandler || toProcessStack || value === EXC_RETURN.threadMain;
    const at = this.#control.active.lastIndexOf(returning);
    if (!isKnown || at < 0 || toHandler !== nesting > 1) throw this.#invalidReturn();
    this.#control.active.splice(at, 1);
    r[SLOT.FAULTMASK] = 0;
    r[SLOT.EXCLUSIVE] = 0;
    if (toProcessStack) swapStacks(r);
    r[SLOT.CONTROL] = (r[SLOT.CONTROL]! & ~CONTROL_SPSEL) | (toProcessStack ? CONTROL_SPSEL : 0);
    this.#popFrame(toHandler);
  }

  #popFrame(toHandler: boolean): void {
    const r = this.#r;
    const frame = r[SLOT.SP]!;
    const words = this.#readFrame(frame);
    const xpsr = words[7]!;
    if ((xpsr & 0x1ff) !== 0 !== toHandler) throw this.#invalidReturn();
    for (let register = 0; register < 4; register++) r[register] = words[register]!;
    r[12] = words[4]!;
    r[SLOT.LR] = words[5]!;
    r[SLOT.PC] = words[6]! & ~1;
    unpackXpsr(r, xpsr);
    r[SLOT.SP] = (frame + FRAME_BYTES) | ((xpsr & FRAME_ALIGNED) === 0 ? 0 : 4);
  }

  #readFrame(frame: number): Int32Array {
    try {
      return Int32Array.from({ length: 8 }, (_, at) => this.#mem.rawRead((frame + at * 4) | 0, 4) | 0);
    } catch (error) {
      if (!(error instanceof BusFault)) throw error;
      this.#control.cfsr |= CFSR.UNSTKERR;
      throw new CoreFault(EXCEPTION.busFault);
    }
  }

  #invalidReturn(): CoreFault {
    this.#control.cfsr |= CFSR.INVPC;
    return new CoreFault(EXCEPTION.usageFault);
  }
}
