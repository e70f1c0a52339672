/**
 * A peripheral that remembers what was written and does nothing: enough for blocks whose settings do not matter to a program that
 * flashes (PWR, SYSCFG, EXTI, DBGMCU …). Only the listed registers exist.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import { reportChip } from './chip-violations.js';
import type { Peripheral } from './peripheral.js';
import { narrowRead, narrowWrite } from './register-access.js';

export interface StoredRegister {
  readonly name: string;
  readonly offset: number;
  readonly resetValue?: number;
  /** Bits that a write changes. All by default. */
  readonly writable?: number;
}

export class StoredRegisters implements Peripheral {
  readonly name: string;
  readonly #violations: Violations;
  readonly #registers: ReadonlyMap<number, StoredRegister>;
  readonly #values = new Map<number, number>();

  constructor(options: { readonly name: string; readonly violations: Violations; readonly registers: readonly StoredRegister[] }) {
    this.name = options.name;
    this.#violations = options.violations;
    this.#registers = new Map(options.registers.map((register) => [register.offset, register]));
    this.reset();
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    const value = this.#values.get(offset & ~3);
    if (value !== undefined) return narrowRead(value, offset, size);
    reportChip(this.#violations, 'register-not-modelled', `read of ${this.name} + 0x${offset.toString(16)}`, tick);
    return 0;
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    const register = this.#registers.get(offset & ~3);
    const old = this.#values.get(offset & ~3);
    if (register === undefined || old === undefined) {
      reportChip(this.#violations, 'register-not-modelled', `write to ${this.name} + 0x${offset.toString(16)}`, tick);
      return;
    }
    const writable = register.writable ?? 0xffffffff;
    if (writable === 0) reportChip(this.#violations, 'register-read-only', `write to ${this.name}_${register.name}`, tick);
    const written = narrowWrite(old, offset, size, value);
    this.#values.set(register.offset, ((old & ~writable) | (written & writable)) >>> 0);
  }

  reset(): void {
    for (const register of this.#registers.values()) this.#values.set(register.offset, register.resetValue ?? 0);
  }
}
