/**
 * Independent watchdog IWDG1: once started, by key or by option byte, only a reset stops it (RM0433, chapter IWDG).
 *
 * It counts the 32 kHz LSI, whatever the core does. The chip asks `expiryTick` and resets itself when that time has come.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import { TICKS_PER_SECOND } from '../time.js';
import type { Violations } from '../violations.js';
import { reportChip } from './chip-violations.js';
import type { Peripheral } from './peripheral.js';
import { narrowRead, narrowWrite } from './register-access.js';

export const IWDG_OFFSETS = { KR: 0x00, PR: 0x04, RLR: 0x08, SR: 0x0c, WINR: 0x10 } as const;

/** RM0433, IWDG_KR. */
export const IWDG_KEY = { refresh: 0xaaaa, unlock: 0x5555, start: 0xcccc } as const;
const LSI_TICKS = TICKS_PER_SECOND / 32_000;
const COUNTER_MAXIMUM = 0xfff;
/** "Up to 5 LSI cycles" until PR, RLR or WINR take effect (RM0433, IWDG_SR); the SR bit reads 1 as long. */
const UPDATE_TICKS = 5 * LSI_TICKS;

/** Registers behind the key, with their bit in SR and their value after reset. */
const GUARDED = [
  { offset: IWDG_OFFSETS.PR, busyBit: 0, mask: 0x7, resetValue: 0 },
  { offset: IWDG_OFFSETS.RLR, busyBit: 1, mask: COUNTER_MAXIMUM, resetValue: COUNTER_MAXIMUM },
  { offset: IWDG_OFFSETS.WINR, busyBit: 2, mask: COUNTER_MAXIMUM, resetValue: COUNTER_MAXIMUM },
] as const;

export class Iwdg implements Peripheral {
  readonly name = 'IWDG1';
  readonly #violations: Violations;
  readonly #values = new Map<number, number>();
  readonly #updatedAt = new Map<number, Tick>();
  #unlocked = false;
  /** When the counter was last loaded; undefined while the watchdog sleeps. */
  #loadedAt: Tick | undefined;
  /** A refresh outside the window resets at once. */
  #windowMissedAt: Tick | undefined;

  constructor(violations: Violations) {
    this.#violations = violations;
    this.reset();
  }

  /** When the counter reaches zero if nobody refreshes it. */
  get expiryTick(): Tick {
    if (this.#windowMissedAt !== undefined) return this.#windowMissedAt;
    if (this.#loadedAt === undefined) return Infinity;
    return this.#loadedAt + ((this.#values.get(IWDG_OFFSETS.RLR) ?? 0) + 1) * this.#stepTicks();
  }

  start(tick: Tick): void {
    this.#loadedAt = tick;
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    if (offset === IWDG_OFFSETS.KR) return 0;
    if (offset === IWDG_OFFSETS.SR) return narrowRead(this.#busyBits(tick), offset, size);
    const value = this.#values.get(offset & ~3);
    if (value !== undefined) return narrowRead(value, offset, size);
    reportChip(this.#violations, 'register-not-modelled', `read of IWDG1 + 0x${offset.toString(16)}`, tick);
    return 0;
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    if (offset === IWDG_OFFSETS.KR) {
      this.#writeKey(value & 0xffff, tick);
      return;
    }
    const register = GUARDED.find((candidate) => candidate.offset === (offset & ~3));
    if (register === undefined) {
      const name = offset === IWDG_OFFSETS.SR ? 'register-read-only' : 'register-not-modelled';
      reportChip(this.#violations, name, `write to IWDG1 + 0x${offset.toString(16)}`, tick);
    } else if (!this.#unlocked) {
      reportChip(this.#violations, 'iwdg-write-while-locked', `write of 0x${value.toString(16)} to IWDG1 + 0x${offset.toString(16)}`, tick);
    } else {
      this.#values.set(register.offset, narrowWrite(this.#values.get(register.offset) ?? 0, offset, size, value) & register.mask);
      this.#updatedAt.set(register.offset, tick);
      // Writing the window reloads the counter (RM0433, window option of the IWDG).
      if (register.offset === IWDG_OFFSETS.WINR && this.#loadedAt !== undefined) this.#loadedAt = tick;
    }
  }

  reset(): void {
    for (const { offset, resetValue } of GUARDED) this.#values.set(offset, resetValue);
    this.#updatedAt.clear();
    this.#unlocked = false;
    this.#loadedAt = undefined;
    this.#windowMissedAt = undefined;
  }

  #writeKey(key: number, tick: Tick): void {
    this.#unlocked = key === IWDG_KEY.unlock;
    if (key === IWDG_KEY.start) this.start(tick);
    if (key !== IWDG_KEY.refresh || this.#loadedAt === undefined) return;
    const counter = (this.#values.get(IWDG_OFFSETS.RLR) ?? 0) - Math.floor((tick - this.#loadedAt) / this.#stepTicks());
    if (counter > (this.#values.get(IWDG_OFFSETS.WINR) ?? 0)) this.#windowMissedAt = tick;
    this.#loadedAt = tick;
  }

  #busyBits(tick: Tick): number {
    return GUARDED.reduce((bits, { offset, busyBit }) => {
      const updatedAt = this.#updatedAt.get(offset);
      return updatedAt !== undefined && tick < updatedAt + UPDATE_TICKS ? bits | (1 << busyBit) : bits;
    }, 0);
  }

  /** PR: divider 4, 8 … 256; 6 and 7 both mean 256 (RM0433, IWDG_PR). */
  #stepTicks(): number {
    return LSI_TICKS * 4 * 2 ** Math.min(this.#values.get(IWDG_OFFSETS.PR) ?? 0, 6);
  }
}
