/** NVIC as storage (PM0253 §4.2): enables, pending bits and priorities can be set and read back. No interrupt is ever delivered. */
import type { RegisterBlock } from './register-block.js';

const BASE = 0xe000e100;
/** STM32H7 has 150 lines: five words of bits (PM0253 §4.2). */
const BIT_WORDS = 5;
const PRIORITY_BASE = 0xe000e400;
const PRIORITY_WORDS = 38;
/** Four priority bits per line. */
const PRIORITY_BITS = 0xf0f0f0f0;

export class InterruptController implements RegisterBlock {
  readonly #enabled = new Uint32Array(BIT_WORDS);
  readonly #pending = new Uint32Array(BIT_WORDS);
  readonly #priorities = new Uint32Array(PRIORITY_WORDS);

  reset(): void {
    this.#enabled.fill(0);
    this.#pending.fill(0);
    this.#priorities.fill(0);
  }

  read(address: number): number | undefined {
    if (address >= PRIORITY_BASE) return this.#priorities[(address - PRIORITY_BASE) >>> 2];
    const { bank, word } = bitBank(address);
    if (word >= BIT_WORDS) return undefined;
    // ISER, ICER, ISPR, ICPR read the same state twice; IABR has nothing active.
    if (bank <= 1) return this.#enabled[word];
    return bank <= 3 ? this.#pending[word] : 0;
  }

  write(address: number, value: number): boolean {
    const priority = (address - PRIORITY_BASE) >>> 2;
    if (address >= PRIORITY_BASE) {
      if (priority >= PRIORITY_WORDS) return false;
      this.#priorities[priority] = value & PRIORITY_BITS;
      return true;
    }
    const { bank, word } = bitBank(address);
    if (word >= BIT_WORDS) return false;
    const bits = bank <= 1 ? this.#enabled : this.#pending;
    if (bank > 3) return true;
    bits[word] = bank % 2 === 0 ? bits[word]! | value : bits[word]! & ~value;
    return true;
  }
}

/** ISER, ICER, ISPR, ICPR, IABR follow each other every 0x80 bytes. */
function bitBank(address: number): { readonly bank: number; readonly word: number } {
  const offset = address - BASE;
  return { bank: offset >>> 7, word: (offset & 0x7f) >>> 2 };
}
