/**
 * One GPIO port: modes, alternate functions, outputs. What a pin is switched to decides whether a USART hears or drives it.
 *
 * Levels from outside are not modelled: an input reads as its pull resistor says, low without one. Register names as in RM0433 §11.4.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import { reportChip } from './chip-violations.js';
import type { Peripheral } from './peripheral.js';
import { narrowRead, narrowWrite } from './register-access.js';

/** Byte offsets; AFR is two registers, eight pins each. */
export const GPIO_OFFSETS = {
  MODER: 0x00,
  OTYPER: 0x04,
  OSPEEDR: 0x08,
  PUPDR: 0x0c,
  IDR: 0x10,
  ODR: 0x14,
  BSRR: 0x18,
  LCKR: 0x1c,
  AFR: 0x20,
} as const;

const MODE = { input: 0, output: 1, alternate: 2, analog: 3 } as const;
const PULL_UP = 1;
const LAST_REGISTER = GPIO_OFFSETS.AFR + 4;

/** Ports A and B come up with the debug pins in use (RM0433 §11.4.1–11.4.4); all others analog. */
const RESET_VALUES: Readonly<Record<string, readonly (readonly [offset: number, value: number])[]>> = {
  A: [
    [GPIO_OFFSETS.MODER, 0xabffffff],
    [GPIO_OFFSETS.OSPEEDR, 0x0c000000],
    [GPIO_OFFSETS.PUPDR, 0x64000000],
  ],
  B: [
    [GPIO_OFFSETS.MODER, 0xfffffebf],
    [GPIO_OFFSETS.OSPEEDR, 0x000000c0],
    [GPIO_OFFSETS.PUPDR, 0x00000100],
  ],
};

export class Gpio implements Peripheral {
  readonly name: string;
  readonly #port: string;
  readonly #violations: Violations;
  readonly #registers = new Uint32Array(LAST_REGISTER / 4 + 1);

  /** Driven pins whose level has changed, as bits. */
  onEdges: (pins: number, tick: Tick) => void = () => undefined;

  /** @param port `A` … `K` */
  constructor(port: string, violations: Violations) {
    this.name = `GPIO${port}`;
    this.#port = port;
    this.#violations = violations;
    this.reset();
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    const register = offset & ~3;
    if (register > LAST_REGISTER) {
      reportChip(this.#violations, 'register-not-modelled', `read of ${this.name} + 0x${offset.toString(16)}`, tick);
      return 0;
    }
    // BSRR is write-only and reads 0 (RM0433 §11.4.7).
    const value = register === GPIO_OFFSETS.IDR ? this.#inputs() : register === GPIO_OFFSETS.BSRR ? 0 : this.#at(register);
    return narrowRead(value, offset, size);
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    const [drivenBefore, before] = [this.#driven(), this.#at(GPIO_OFFSETS.ODR)];
    this.#write(offset, size, value, tick);
    const edges = drivenBefore & this.#driven() & (before ^ this.#at(GPIO_OFFSETS.ODR)) & 0xffff;
    if (edges !== 0) this.onEdges(edges, tick);
  }

  #write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    const register = offset & ~3;
    if (register > LAST_REGISTER) {
      reportChip(this.#violations, 'register-not-modelled', `write to ${this.name} + 0x${offset.toString(16)}`, tick);
    } else if (register === GPIO_OFFSETS.IDR) {
      reportChip(this.#violations, 'register-read-only', `write to ${this.name}_IDR`, tick);
    } else if (register === GPIO_OFFSETS.BSRR) {
      const bits = narrowWrite(0, offset, size, value);
      // Set wins over reset (RM0433 §11.4.7).
      this.#set(GPIO_OFFSETS.ODR, (this.#at(GPIO_OFFSETS.ODR) & ~(bits >>> 16)) | (bits & 0xffff));
    } else {
      this.#set(register, narrowWrite(this.#at(register), offset, size, value));
    }
  }

  reset(): void {
    this.#registers.fill(0);
    this.#set(GPIO_OFFSETS.MODER, 0xffffffff);
    for (const [offset, value] of RESET_VALUES[this.#port] ?? []) this.#set(offset, value);
  }

  scramble(random: Random): void {
    for (const offset of [GPIO_OFFSETS.MODER, GPIO_OFFSETS.PUPDR, GPIO_OFFSETS.AFR, GPIO_OFFSETS.AFR + 4]) this.#set(offset, random.u32());
  }

  hasAlternateFunction(pin: number, af: number): boolean {
    const afr = this.#at(GPIO_OFFSETS.AFR + (pin >> 3) * 4);
    return this.#mode(pin) === MODE.alternate && ((afr >>> ((pin & 7) * 4)) & 15) === af;
  }

  /** Push-pull outputs, as bits: an open drain has no edge without a resistor. */
  #driven(): number {
    let pins = 0;
    for (let pin = 0; pin < 16; pin++) if (this.#mode(pin) === MODE.output) pins |= 1 << pin;
    return pins & ~this.#at(GPIO_OFFSETS.OTYPER);
  }

  #inputs(): number {
    let levels = 0;
    for (let pin = 0; pin < 16; pin++) {
      const mode = this.#mode(pin);
      const driven = mode === MODE.output && (this.#at(GPIO_OFFSETS.ODR) >>> pin) & 1;
      const pulled = (mode === MODE.input || mode === MODE.alternate) && ((this.#at(GPIO_OFFSETS.PUPDR) >>> (pin * 2)) & 3) === PULL_UP;
      if (driven || pulled) levels |= 1 << pin;
    }
    return levels;
  }

  #mode(pin: number): number {
    return (this.#at(GPIO_OFFSETS.MODER) >>> (pin * 2)) & 3;
  }

  #at(offset: number): number {
    return this.#registers[offset >> 2] ?? 0;
  }

  #set(offset: number, value: number): void {
    this.#registers[offset >> 2] = value;
  }
}
