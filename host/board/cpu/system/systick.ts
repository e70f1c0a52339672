/**
 * SysTick as a counter (PM0253 §4.4). Its value is computed from the time when somebody looks; nothing runs in between.
 * Its interrupt is not modelled: asking for it is refused aloud.
 */
import type { Tick } from '../../time.js';
import { UnmodelledFeature } from '../faults.js';
import type { RegisterBlock } from './register-block.js';

const CSR = 0xe000e010;
const RVR = 0xe000e014;
const CVR = 0xe000e018;
const CALIB = 0xe000e01c;

/** SYST_CSR. CLKSOURCE: processor clock; otherwise the external reference, which on STM32H7 is the processor clock / 8. */
export const SYST_CSR = { ENABLE: 1 << 0, TICKINT: 1 << 1, CLKSOURCE: 1 << 2, COUNTFLAG: 1 << 16 } as const;
const { ENABLE, TICKINT, CLKSOURCE, COUNTFLAG } = SYST_CSR;
const REFERENCE_DIVIDER = 8;

export class SysTick implements RegisterBlock {
  #control = 0;
  #reload = 0;
  /** The counter's value at `#since`; it counts from there while enabled. */
  #value = 0;
  #since: Tick = 0;
  #hasWrapped = false;
  readonly #r: Int32Array;

  constructor(r: Int32Array) {
    this.#r = r;
  }

  reset(tick: Tick): void {
    this.#control = 0;
    this.#reload = 0;
    this.#value = 0;
    this.#hasWrapped = false;
    this.#since = tick;
  }

  read(address: number, tick: Tick): number | undefined {
    this.#advance(tick);
    switch (address) {
      case CSR: {
        const value = this.#control | (this.#hasWrapped ? COUNTFLAG : 0);
        this.#hasWrapped = false;
        return value;
      }
      case RVR:
        return this.#reload;
      case CVR:
        return this.#value;
      // SKEW set and TENMS zero: the calibration is not known.
      case CALIB:
        return 0x40000000;
      default:
        return undefined;
    }
  }

  write(address: number, value: number, tick: Tick): boolean {
    this.#advance(tick);
    switch (address) {
      case CSR:
        if ((value & (ENABLE | TICKINT)) === (ENABLE | TICKINT)) throw new UnmodelledFeature('the SysTick interrupt', this.#r[15]!);
        this.#control = value & (ENABLE | TICKINT | CLKSOURCE);
        return true;
      case RVR:
        this.#reload = value & 0xffffff;
        return true;
      case CVR:
        this.#value = 0;
        this.#hasWrapped = false;
        return true;
      default:
        return address === CALIB;
    }
  }

  /** Counts down to zero, then from the reload value; a reload value of zero stops it at zero. */
  #advance(tick: Tick): void {
    const divider = (this.#control & CLKSOURCE) === 0 ? REFERENCE_DIVIDER : 1;
    const steps = Math.floor((tick - this.#since) / divider);
    if ((this.#control & ENABLE) === 0) {
      this.#since = tick;
      return;
    }
    this.#since += steps * divider;
    const afterZero = steps - this.#value;
    if (this.#value > 0 && afterZero >= 0) this.#hasWrapped = true;
    if (afterZero <= 0) {
      this.#value = -afterZero;
      return;
    }
    const period = this.#reload + 1;
    if (this.#reload > 0 && afterZero >= period) this.#hasWrapped = true;
    this.#value = (period - (afterZero % period)) % period;
  }
}
