/**
 * What becomes of branches and addresses in code and data that were moved: the host's side of stub/relocate.c, which explains it. Both must learn
 * the same from the same.
 */
import { branchOffset, isBranch, moveBranch } from './branches.js';

/** The stub's table: `half` entries, a power of two, for addresses in flash, as many for all others. */
export interface RelocationTable {
  readonly half: number;
  /** log2 of the bytes that have a shift in common. */
  readonly granuleShift: number;
}

const UNKNOWN = -(2 ** 31);
const FLASH_CLASS = 2;
const CLASSES = 16;
/** Two events. */
const LATEST = 3;

/** Is this word an address in flash or RAM, as far as its looks go? */
export function isAddress(word: number): boolean {
  return (word - 0x08000000) >>> 0 < 0x38000000 && (word & 0x03e00000) === 0;
}

export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export class Relocation {
  readonly #shifts: Int32Array;
  readonly #half: number;
  readonly #granuleShift: number;
  readonly #trust = new Uint8Array(CLASSES).fill(LATEST);
  readonly #expected = new Uint8Array(4);

  constructor({ half, granuleShift }: RelocationTable) {
    this.#shifts = new Int32Array(1 + 2 * half).fill(UNKNOWN);
    this.#shifts[0] = this.#shifts[1 + half] = 0;
    this.#half = half;
    this.#granuleShift = granuleShift;
  }

  /** What lay at `address` in flash, and some of what follows it, is now `shift` further on. */
  learn(address: number, shift: number): void {
    this.#shifts[this.#entry(address, true)] = shift;
  }

  /**
   * What the stub will expect of the branch or address `old` that lay at `address`; valid until the next call.
   * @param moved the same in its new place, `shift` further on
   */
  expect(old: Uint8Array, oldAt: number, address: number, shift: number, moved: Uint8Array, movedAt: number): Uint8Array {
    const branches = isBranch(old, oldAt);
    const word = readWord(old, oldAt);
    const movedWord = readWord(moved, movedAt);
    const kind = branches ? 0 : word >>> 26;
    const entry = branches ? this.#entry(address + 4 + 2 * branchOffset(old, oldAt), true) : this.#entry(word, kind === FLASH_CLASS);
    const known = this.#known(entry);
    const expected = this.#expected;
    writeWord(expected, word);
    if (branches) moveBranch(expected, 0, branchOffset(expected, 0) + ((known - shift) >> 1));
    else writeWord(expected, word + known);
    // The offset's 22 bits, with their sign, as bytes.
    this.#shifts[entry] = branches ? shift + (((branchOffset(moved, movedAt) - branchOffset(old, oldAt)) << 10) >> 9) : movedWord - word;
    const trust = this.#trust[kind]!;
    if (readWord(expected, 0) !== word) this.#trust[kind] = (trust << 1) | (movedWord === word ? 0 : 1);
    if ((trust & LATEST) === 0) writeWord(expected, word);
    return expected;
  }

  #entry(address: number, isFlash: boolean): number {
    const mask = this.#half - 1;
    return 1 + (isFlash ? 0 : this.#half) + ((address >>> this.#granuleShift) & mask);
  }

  #known(entry: number): number {
    const shifts = this.#shifts;
    let at = entry;
    while (shifts[at] === UNKNOWN) at--;
    return shifts[at]!;
  }
}

function writeWord(bytes: Uint8Array, word: number): void {
  bytes[0] = word;
  bytes[1] = word >>> 8;
  bytes[2] = word >>> 16;
  bytes[3] = word >>> 24;
}
