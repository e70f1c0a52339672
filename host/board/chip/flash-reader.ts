/** Loads from one flash bank: read-out protection and ECC, and when the core may read without asking (RM0399 §4.3.8, §4.7.7). */
import type { AccessSize } from '../cpu/bus.js';
import { BusFault } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import type { FlashBankContext } from './flash-bank-context.js';
import { FLASH_SR } from './flash-registers.js';
import { areaTouches } from './option-bytes.js';
import { maskOf } from './register-access.js';

const ECC_FLAGS = maskOf(FLASH_SR.SNECCERR) | maskOf(FLASH_SR.DBECCERR);

export class FlashReader {
  readonly #bank: FlashBankContext;
  /** Offset of the first flash word with an ECC error since both flags were clear. */
  #failOffset: number | undefined;

  constructor(bank: FlashBankContext) {
    this.#bank = bank;
  }

  /** FLASH_ECC_FA: in flash words from the start of the bank. */
  get failAddress(): number {
    return (this.#failOffset ?? 0) / this.#bank.options.part.flashWordBytes;
  }

  /** FLASH_ECC_FA holds until both flags are gone. */
  flagsCleared(): void {
    if (!(this.#bank.flags & ECC_FLAGS)) this.#failOffset = undefined;
  }

  /** @throws BusFault when flash is protected or its ECC finds two wrong bits */
  load(address: number, size: AccessSize, tick: Tick): number {
    this.open();
    const { memory, bankIndex, part: { flashWordBytes } } = this.#bank.options;
    const offset = address - this.#bank.base;
    let bytes = memory.bytes(bankIndex);
    let at = offset;
    if (memory.isDamaged(bankIndex, offset) || memory.isDamaged(bankIndex, offset + size - 1)) {
      // An unaligned access may touch two flash words.
      const end = (offset % flashWordBytes) + size;
      bytes = end <= flashWordBytes ? this.#readWord(address, tick) : Uint8Array.of(...this.#readWord(address, tick), ...this.#readWord(address + size - 1, tick));
      at = offset % flashWordBytes;
    }
    let value = 0;
    for (let index = size - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
    return value;
  }

  /** @throws BusFault at RDP level 1 (RM0399 §4.7.12), in an area that may only be executed, and in a secure one */
  checkProtection(address: number): void {
    if (!this.#isGuarded(address - this.#bank.base, 1)) return;
    this.#bank.raise(FLASH_SR.RDPERR);
    throw new BusFault(address, 'flash is read-out protected');
  }

  /** Direct reads from now on, where no flash word needs its ECC looked at. The bank must be idle. */
  open(): void {
    const { memory, bankIndex } = this.#bank.options;
    if (!this.#isGuarded(0, this.#bank.lengthBytes)) memory.setReadable(bankIndex, true);
  }

  /** Read-out protection, PCROP, secure area. */
  #isGuarded(offset: number, lengthBytes: number): boolean {
    const { isReadOutProtected, optionBytes: { prar, scar }, bankIndex } = this.#bank.options;
    return isReadOutProtected() || areaTouches(prar[bankIndex]!, offset, lengthBytes) || areaTouches(scar[bankIndex]!, offset, lengthBytes);
  }

  #readWord(address: number, tick: Tick): Uint8Array {
    const { memory, bankIndex, part } = this.#bank.options;
    const offset = address - this.#bank.base;
    const { bytes, ecc } = memory.readWord(bankIndex, offset, tick);
    if (ecc === 'clean') return bytes;
    this.#failOffset ??= offset - (offset % part.flashWordBytes);
    this.#bank.raise(ecc === 'failed' ? FLASH_SR.DBECCERR : FLASH_SR.SNECCERR);
    if (ecc === 'failed') throw new BusFault(address, 'double ECC error');
    return bytes;
  }
}
