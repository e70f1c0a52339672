/** What of some ranges of flash has come, and what is missing still. Pure bookkeeping by address. */
import type { AddressedRange } from '../protocol/ranges.js';

export interface FlashContent {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export class MissingContent {
  /** One for each range, in order; 0xFF where nothing has come. */
  readonly content: readonly FlashContent[];
  #missing: readonly AddressedRange[];

  constructor(ranges: readonly AddressedRange[]) {
    this.content = ranges.map(({ address, length }) => ({ address, bytes: new Uint8Array(length).fill(0xff) }));
    this.#missing = ranges;
  }

  get missing(): readonly AddressedRange[] {
    return this.#missing;
  }

  get missingBytes(): number {
    return this.#missing.reduce((sum, { length }) => sum + length, 0);
  }

  /** What was not asked for is ignored, what has come before too. */
  add(address: number, bytes: Uint8Array): void {
    const end = address + bytes.length;
    for (const range of this.content) {
      const from = Math.max(address, range.address);
      const to = Math.min(end, range.address + range.bytes.length);
      if (from < to) range.bytes.set(bytes.subarray(from - address, to - address), from - range.address);
    }
    this.forget(address, bytes.length);
  }

  /** It is not waited for any more. */
  forget(address: number, length: number): void {
    const end = address + length;
    this.#missing = this.#missing.flatMap((run) => {
      const runEnd = run.address + run.length;
      if (runEnd <= address || run.address >= end) return [run];
      return [{ address: run.address, length: address - run.address }, { address: end, length: runEnd - end }].filter((left) => left.length > 0);
    });
  }
}
