/**
 * DWT as far as programs measure time with it: CTRL and CYCCNT, behind DEMCR.TRCENA and the Cortex-M7's software lock
 * (Arm DDI 0403E §C1.8; the lock registers are CoreSight's). The counter follows the virtual time, one cycle per tick.
 */
import type { Tick } from '../../time.js';
import type { RegisterBlock } from './register-block.js';

const CTRL = 0xe0001000;
const CYCCNT = 0xe0001004;
const LAR = 0xe0001fb0;
const LSR = 0xe0001fb4;
const DEMCR = 0xe000edfc;

const UNLOCK_KEY = 0xc5acce55;
export const CYCCNTENA = 1 << 0;
/** Four comparators. */
const CTRL_FIXED = 0x40000000;
export const TRCENA = 1 << 24;
/** CoreSight LSR: the lock is there, and it is closed. */
const LSR_PRESENT = 1;
const LSR_LOCKED = 2;

export class CycleCounter implements RegisterBlock {
  #isLocked = true;
  #demcr = 0;
  #isEnabled = false;
  #count = 0;
  #since: Tick = 0;

  reset(tick: Tick): void {
    this.#isLocked = true;
    this.#demcr = 0;
    this.#isEnabled = false;
    this.#count = 0;
    this.#since = tick;
  }

  read(address: number, tick: Tick): number | undefined {
    this.#advance(tick);
    switch (address) {
      case CTRL:
        return CTRL_FIXED | (this.#isEnabled ? CYCCNTENA : 0);
      case CYCCNT:
        return this.#count;
      case LSR:
        return LSR_PRESENT | (this.#isLocked ? LSR_LOCKED : 0);
      case DEMCR:
        return this.#demcr;
      default:
        return address === LAR ? 0 : undefined;
    }
  }

  write(address: number, value: number, tick: Tick): boolean {
    this.#advance(tick);
    switch (address) {
      case LAR:
        this.#isLocked = value >>> 0 !== UNLOCK_KEY;
        return true;
      case DEMCR:
        this.#demcr = value & TRCENA;
        return true;
      case CTRL:
        if (!this.#isLocked) this.#isEnabled = (value & CYCCNTENA) !== 0;
        return true;
      case CYCCNT:
        if (!this.#isLocked) this.#count = value >>> 0;
        return true;
      default:
        return address === LSR;
    }
  }

  #advance(tick: Tick): void {
    if (this.#isEnabled && (this.#demcr & TRCENA) !== 0) this.#count = (this.#count + tick - this.#since) >>> 0;
    this.#since = tick;
  }
}
