/** The range coder of LZMA: binary decisions and their adaptive probabilities → bytes. Knows nothing of what the decisions mean. */
import { ADAPTATION_SHIFT, PROBABILITY_BITS } from './lzma-model.js';

const TOP = 2 ** 24;
const CARRY = 2 ** 32;
const CERTAIN = 1 << PROBABILITY_BITS;
const SHIFT = ADAPTATION_SHIFT;
const FINAL_BYTES = 5;

export class RangeEncoder {
  readonly #probabilities: Uint16Array;
  #bytes: Uint8Array;
  #length = 0;
  /** Up to 33 bits: the highest is a carry not yet added to the bytes held back. */
  #low = 0;
  #range = 0xffffffff;
  #held = 0;
  #heldFollowers = 0;

  constructor(probabilities: Uint16Array, expectedBytes: number) {
    this.#probabilities = probabilities;
    this.#bytes = new Uint8Array(expectedBytes + 64);
  }

  /** Bytes out so far; five more are still inside. */
  get lengthBytes(): number {
    return this.#length + this.#heldFollowers + (this.#range < TOP ? 1 : 0);
  }

  /** What the stub has taken when it has decoded just as far: five bytes at first, one more before each decision that needs it. */
  get decoderTakenBytes(): number {
    return this.#length + this.#heldFollowers + FINAL_BYTES;
  }

  bit(model: number, bit: number): void {
    if (this.#range < TOP) this.#shift();
    const probability = this.#probabilities[model]!;
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    if (bit === 0) {
      this.#range = bound;
      this.#probabilities[model] = probability + ((CERTAIN - probability) >>> SHIFT);
    } else {
      this.#low += bound;
      this.#range -= bound;
      this.#probabilities[model] = probability - (probability >>> SHIFT);
    }
  }

  /** Highest bit first; the tree's root is model `base` + 1. */
  tree(base: number, bits: number, value: number): void {
    let node = 1;
    for (let at = bits - 1; at >= 0; at--) {
      const bit = (value >>> at) & 1;
      this.bit(base + node, bit);
      node = 2 * node + bit;
    }
  }

  /** Lowest bit first. */
  reverseTree(base: number, bits: number, value: number): void {
    let node = 1;
    for (let at = 0; at < bits; at++) {
      const bit = (value >>> at) & 1;
      this.bit(base + node, bit);
      node = 2 * node + bit;
    }
  }

  /** Bits that are as likely 0 as 1. */
  direct(bits: number, value: number): void {
    for (let at = bits - 1; at >= 0; at--) {
      if (this.#range < TOP) this.#shift();
      this.#range = this.#range >>> 1;
      if ((value >>> at) & 1) this.#low += this.#range;
    }
  }

  /** All bytes, also the one that a decoder may want which takes bytes after its decisions. The encoder is done for. */
  finish(): Uint8Array {
    if (this.#range < TOP) this.#shift();
    for (let at = 0; at < FINAL_BYTES; at++) this.#shiftLow();
    return this.#bytes.slice(0, this.#length);
  }

  #shift(): void {
    this.#range = (this.#range << 8) >>> 0;
    this.#shiftLow();
  }

  /** A carry can still run through a byte and all 0xFF behind it: they are held back until that is settled. */
  #shiftLow(): void {
    if (this.#low < 0xff000000 || this.#low >= CARRY) {
      const carry = this.#low >= CARRY ? 1 : 0;
      this.#put(this.#held + carry);
      for (; this.#heldFollowers > 0; this.#heldFollowers--) this.#put(0xff + carry);
      this.#held = Math.floor(this.#low / TOP) & 0xff;
    } else {
      this.#heldFollowers++;
    }
    this.#low = (this.#low % TOP) * 256;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const longer = new Uint8Array(2 * this.#bytes.length);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes[this.#length++] = byte;
  }
}
