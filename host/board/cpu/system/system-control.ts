/**
 * The state of the System Control Block that the core itself acts upon: fault status, fault enables and priorities, vector table,
 * exceptions in progress (PM0253 §4.3). How programs reach it is system-control-registers.ts.
 */
import { SLOT } from '../core-state.js';
import { EXCEPTION } from '../faults.js';
import type { ExceptionNumber } from '../faults.js';

export const SHCSR = {
  MEMFAULTACT: 1 << 0, BUSFAULTACT: 1 << 1, USGFAULTACT: 1 << 3, SVCALLACT: 1 << 7,
  MEMFAULTENA: 1 << 16, BUSFAULTENA: 1 << 17, USGFAULTENA: 1 << 18,
} as const;
const FAULT_ENABLES = SHCSR.MEMFAULTENA | SHCSR.BUSFAULTENA | SHCSR.USGFAULTENA;
const ENABLE_BIT: Readonly<Partial<Record<ExceptionNumber, number>>> = {
  [EXCEPTION.memManage]: SHCSR.MEMFAULTENA, [EXCEPTION.busFault]: SHCSR.BUSFAULTENA, [EXCEPTION.usageFault]: SHCSR.USGFAULTENA,
};
const ACTIVE_BIT: Readonly<Partial<Record<ExceptionNumber, number>>> = {
  [EXCEPTION.memManage]: SHCSR.MEMFAULTACT, [EXCEPTION.busFault]: SHCSR.BUSFAULTACT, [EXCEPTION.usageFault]: SHCSR.USGFAULTACT,
  [EXCEPTION.svCall]: SHCSR.SVCALLACT,
};

export const CCR = {
  NONBASETHRDENA: 1 << 0, USERSETMPEND: 1 << 1, UNALIGN_TRP: 1 << 3, DIV_0_TRP: 1 << 4, BFHFNMIGN: 1 << 8, STKALIGN: 1 << 9,
  DC: 1 << 16, IC: 1 << 17, BP: 1 << 18,
} as const;
/** STKALIGN and BP are fixed at one on the Cortex-M7. */
const CCR_FIXED = CCR.STKALIGN | CCR.BP;
const CCR_WRITABLE = CCR.NONBASETHRDENA | CCR.USERSETMPEND | CCR.UNALIGN_TRP | CCR.DIV_0_TRP | CCR.BFHFNMIGN | CCR.DC | CCR.IC;

/** Lower is more urgent; 256 stands for thread mode without any mask. */
const IDLE_PRIORITY = 256;

export class SystemControl {
  cfsr = 0;
  hfsr = 0;
  bfar = 0;
  mmfar = 0;
  vtor = 0;
  /** AIRCR.PRIGROUP. */
  priorityGroup = 0;
  /** SHPR1-3, one byte for each of the exceptions 4-15. */
  readonly priorities = new Uint8Array(12);
  /** Exceptions that have been entered and not returned from, oldest first. */
  readonly active: number[] = [];
  #ccr: number = CCR_FIXED;
  #faultEnables = 0;
  readonly #r: Int32Array;

  constructor(r: Int32Array) {
    this.#r = r;
  }

  reset(): void {
    this.cfsr = this.hfsr = this.bfar = this.mmfar = this.vtor = this.priorityGroup = 0;
    this.priorities.fill(0);
    this.active.length = 0;
    this.#ccr = CCR_FIXED;
    this.#faultEnables = 0;
  }

  get ccr(): number {
    return this.#ccr;
  }

  set ccr(value: number) {
    this.#ccr = (value & CCR_WRITABLE) | CCR_FIXED;
  }

  get shcsr(): number {
    return this.active.reduce((bits, exception) => bits | (ACTIVE_BIT[exception as ExceptionNumber] ?? 0), this.#faultEnables);
  }

  set shcsr(value: number) {
    this.#faultEnables = value & FAULT_ENABLES;
  }

  get trapsUnaligned(): boolean {
    return (this.#ccr & CCR.UNALIGN_TRP) !== 0;
  }

  get trapsDivisionByZero(): boolean {
    return (this.#ccr & CCR.DIV_0_TRP) !== 0;
  }

  /** CCR.BFHFNMIGN: handlers at priority -1 or -2 run on through data bus errors; FAULTMASK makes anybody such a handler. */
  ignoresDataBusFaults(): boolean {
    return (this.#ccr & CCR.BFHFNMIGN) !== 0 && this.executionPriority() < 0;
  }

  isEnabled(exception: ExceptionNumber): boolean {
    const bit = ENABLE_BIT[exception];
    return bit === undefined || (this.#faultEnables & bit) !== 0;
  }

  priorityOf(exception: number): number {
    if (exception === EXCEPTION.hardFault) return -1;
    return this.#group(this.priorities[exception - 4] ?? 0);
  }

  /** ExecutionPriority() of ARMv7-M ARM §B1.5.4. */
  executionPriority(): number {
    let priority = IDLE_PRIORITY;
    for (const exception of this.active) priority = Math.min(priority, this.priorityOf(exception));
    const basePriority = this.#r[SLOT.BASEPRI]!;
    if (basePriority !== 0) priority = Math.min(priority, this.#group(basePriority));
    if (this.#r[SLOT.PRIMASK] !== 0) priority = Math.min(priority, 0);
    return this.#r[SLOT.FAULTMASK] === 0 ? priority : Math.min(priority, -1);
  }

  /** Preemption looks at the group bits only. */
  #group(priority: number): number {
    return priority & ~((2 << this.priorityGroup) - 1) & 0xff;
  }
}
