/**
 * The CRC calculation unit: any polynomial of 7, 8, 16 or 32 bits, reversal of input and output (RM0433, chapter CRC).
 *
 * The width of an access to DR counts: a word is four bytes, most significant first, reversed within what REV_IN says.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import { reportChip } from './chip-violations.js';
import type { Peripheral } from './peripheral.js';
import type { Field } from './register-access.js';
import { fieldOf, narrowRead, narrowWrite } from './register-access.js';

export const CRC_OFFSETS = { DR: 0x00, IDR: 0x04, CR: 0x08, INIT: 0x10, POL: 0x14 } as const;

export const CRC_CR = {
  RESET: { position: 0, width: 1 },
  POLYSIZE: { position: 3, width: 2 },
  REV_IN: { position: 5, width: 2 },
  REV_OUT: { position: 7, width: 1 },
} as const satisfies Record<string, Field>;

/** CR.POLYSIZE: 0 … 3 (RM0433, CRC_CR). */
const POLYNOMIAL_BITS = [32, 16, 8, 7];
/** CR.REV_IN: bits within which the input is reversed; 0 none (RM0433, CRC_CR). */
const REVERSAL_BITS = [0, 8, 16, 32];
const DEFAULT_POLYNOMIAL = 0x04c11db7;

export class CrcUnit implements Peripheral {
  readonly name = 'CRC';
  readonly #violations: Violations;
  #control = 0;
  #independentData = 0;
  #initial = 0xffffffff;
  #polynomial = DEFAULT_POLYNOMIAL;
  /** The remainder, left-aligned to 32 bits whatever the polynomial's size. */
  #remainder = 0xffffffff;
  #table = new Uint32Array(0);

  constructor(violations: Violations) {
    this.#violations = violations;
    this.reset();
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    const values: Readonly<Record<number, number>> = {
      [CRC_OFFSETS.DR]: this.#result(),
      [CRC_OFFSETS.IDR]: this.#independentData,
      [CRC_OFFSETS.CR]: this.#control,
      [CRC_OFFSETS.INIT]: this.#initial,
      [CRC_OFFSETS.POL]: this.#polynomial,
    };
    const value = values[offset & ~3];
    if (value !== undefined) return narrowRead(value, offset, size);
    reportChip(this.#violations, 'register-not-modelled', `read of CRC + 0x${offset.toString(16)}`, tick);
    return 0;
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    switch (offset & ~3) {
      case CRC_OFFSETS.DR:
        this.#feed(value, size * 8);
        return;
      case CRC_OFFSETS.IDR:
        this.#independentData = narrowWrite(this.#independentData, offset, size, value);
        return;
      case CRC_OFFSETS.CR:
        this.#control = narrowWrite(this.#control, offset, size, value) & ~1;
        this.#buildTable();
        if (value & 1 && (offset & 3) === 0) this.#restart();
        return;
      case CRC_OFFSETS.INIT:
        // A write to INIT also starts the calculation afresh (RM0433, CRC_INIT).
        this.#initial = narrowWrite(this.#initial, offset, size, value);
        this.#restart();
        return;
      case CRC_OFFSETS.POL:
        this.#polynomial = narrowWrite(this.#polynomial, offset, size, value);
        this.#buildTable();
        return;
      default:
        reportChip(this.#violations, 'register-not-modelled', `write to CRC + 0x${offset.toString(16)}`, tick);
    }
  }

  reset(): void {
    this.#control = 0;
    this.#independentData = 0;
    this.#initial = 0xffffffff;
    this.#polynomial = DEFAULT_POLYNOMIAL;
    this.#buildTable();
    this.#restart();
  }

  #bits(): number {
    return POLYNOMIAL_BITS[fieldOf(this.#control, CRC_CR.POLYSIZE)] ?? 32;
  }

  #restart(): void {
    this.#remainder = (this.#initial << (32 - this.#bits())) >>> 0;
  }

  #buildTable(): void {
    const polynomial = this.#polynomial << (32 - this.#bits());
    this.#table = Uint32Array.from({ length: 256 }, (_, byte) => {
      let remainder = byte << 24;
      for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder < 0 ? polynomial : 0);
      return remainder;
    });
  }

  #feed(value: number, bits: number): void {
    const within = Math.min(REVERSAL_BITS[fieldOf(this.#control, CRC_CR.REV_IN)] ?? 0, bits);
    const data = within === 0 ? value : reverseWithin(value, within);
    for (let shift = bits - 8; shift >= 0; shift -= 8) {
      const index = (this.#remainder >>> 24) ^ ((data >>> shift) & 0xff);
      this.#remainder = ((this.#remainder << 8) ^ (this.#table[index] ?? 0)) >>> 0;
    }
  }

  #result(): number {
    const bits = this.#bits();
    const result = this.#remainder >>> (32 - bits);
    return fieldOf(this.#control, CRC_CR.REV_OUT) ? reverseWithin(result, 32) >>> (32 - bits) : result;
  }
}

/** Reverses the bits of every group of `bits` (8, 16 or 32) bits of a word. */
function reverseWithin(word: number, bits: number): number {
  let value = ((word >>> 1) & 0x55555555) | ((word & 0x55555555) << 1);
  value = ((value >>> 2) & 0x33333333) | ((value & 0x33333333) << 2);
  value = ((value >>> 4) & 0x0f0f0f0f) | ((value & 0x0f0f0f0f) << 4);
  if (bits >= 16) value = ((value >>> 8) & 0x00ff00ff) | ((value & 0x00ff00ff) << 8);
  if (bits === 32) value = (value >>> 16) | (value << 16);
  return value >>> 0;
}
