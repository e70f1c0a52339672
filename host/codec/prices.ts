/**
 * What a choice costs, by the probabilities of this moment, in 1/128 bit: lengths and distances from tables that are refreshed
 * now and then, everything else from the probabilities directly. The parser asks; nothing is encoded here.
 */
import {
  DISTANCE_STATES, FIRST_ALIGNED_SLOT, FULL_DISTANCES, LENGTH, LITERAL_MODEL, LONGEST_MATCH, MODEL, SHORTEST_MATCH, distanceSlot, type LzmaParameters,
} from './lzma-model.js';

const UNITS_PER_BIT = 128;
const CERTAIN = 2048;
const LENGTHS = LONGEST_MATCH - SHORTEST_MATCH + 1;
const SLOTS = 64;
const ALIGN_MASK = 15;
const { matchLength: MATCH_LENGTH, repeatLength: REPEAT_LENGTH, literal: LITERAL, slot: SLOT, special: SPECIAL, align: ALIGN } = MODEL;

/** Of a decision that comes out 0, by its probability. */
const PRICE = Int32Array.from({ length: CERTAIN }, (_, probability) => Math.round(-Math.log2(Math.max(probability, 1) / CERTAIN) * UNITS_PER_BIT));
const SLOT_OF_DISTANCE = Uint8Array.from({ length: FULL_DISTANCES }, (_, distance) => distanceSlot(distance));

export class Prices {
  readonly #probabilities: Uint16Array;
  readonly #lc: number;
  readonly #lpMask: number;
  readonly #positionStates: number;
  readonly #matchLengths: Int32Array;
  readonly #repeatLengths: Int32Array;
  readonly #slots = new Int32Array(DISTANCE_STATES * SLOTS);
  readonly #nearDistances = new Int32Array(DISTANCE_STATES * FULL_DISTANCES);
  readonly #aligned = new Int32Array(ALIGN_MASK + 1);

  constructor(probabilities: Uint16Array, parameters: LzmaParameters) {
    this.#probabilities = probabilities;
    this.#lc = parameters.lc;
    this.#lpMask = (1 << parameters.lp) - 1;
    this.#positionStates = 1 << parameters.pb;
    this.#matchLengths = new Int32Array(this.#positionStates * LENGTHS);
    this.#repeatLengths = new Int32Array(this.#positionStates * LENGTHS);
    this.refresh();
  }

  /** The tables follow the probabilities only when told to. */
  refresh(): void {
    this.#refreshLengths(MATCH_LENGTH, this.#matchLengths);
    this.#refreshLengths(REPEAT_LENGTH, this.#repeatLengths);
    for (let at = 0; at <= ALIGN_MASK; at++) this.#aligned[at] = this.#reverseTree(ALIGN, 4, at);
    for (let state = 0; state < DISTANCE_STATES; state++) this.#refreshDistances(state);
  }

  zero(model: number): number {
    return PRICE[this.#probabilities[model]!]!;
  }

  one(model: number): number {
    return PRICE[CERTAIN - this.#probabilities[model]!]!;
  }

  matchLength(length: number, positionState: number): number {
    return this.#matchLengths[positionState * LENGTHS + length - SHORTEST_MATCH]!;
  }

  repeatLength(length: number, positionState: number): number {
    return this.#repeatLengths[positionState * LENGTHS + length - SHORTEST_MATCH]!;
  }

  /** @param distance 0-based */
  distance(distance: number, length: number): number {
    const state = length < 5 ? length - SHORTEST_MATCH : DISTANCE_STATES - 1;
    if (distance < FULL_DISTANCES) return this.#nearDistances[state * FULL_DISTANCES + distance]!;
    const highest = 31 - Math.clz32(distance);
    const slot = 2 * highest + ((distance >>> (highest - 1)) & 1);
    return this.#slots[state * SLOTS + slot]! + this.#aligned[distance & ALIGN_MASK]!;
  }

  /** After a literal. */
  literal(position: number, before: number, byte: number): number {
    const probabilities = this.#probabilities;
    const base = this.#literalBase(position, before);
    let price = 0;
    for (let node = byte | 0x100; node > 1; node >>>= 1) {
      const probability = probabilities[base + (node >>> 1)]!;
      price += PRICE[(node & 1) === 0 ? probability : CERTAIN - probability]!;
    }
    return price;
  }

  /** After a match: the byte at the last distance, `expected`, is part of the context until the first bit that differs. */
  literalAfterMatch(position: number, before: number, byte: number, expected: number): number {
    const probabilities = this.#probabilities;
    const base = this.#literalBase(position, before);
    let price = 0;
    let asExpected = 0x100;
    for (let node = 1, at = 7; at >= 0; at--) {
      const bit = (byte >>> at) & 1;
      const expectedBit = (expected >>> at) & 1;
      const probability = probabilities[base + asExpected + (asExpected & (expectedBit << 8)) + node]!;
      price += PRICE[bit === 0 ? probability : CERTAIN - probability]!;
      if (bit !== expectedBit) asExpected = 0;
      node = 2 * node + bit;
    }
    return price;
  }

  #literalBase(position: number, before: number): number {
    return LITERAL + LITERAL_MODEL * (((position & this.#lpMask) << this.#lc) + (before >>> (8 - this.#lc)));
  }

  #refreshLengths(model: number, prices: Int32Array): void {
    const short = this.zero(model + LENGTH.choice);
    const middle = this.one(model + LENGTH.choice) + this.zero(model + LENGTH.choice2);
    const long = this.one(model + LENGTH.choice) + this.one(model + LENGTH.choice2);
    for (let state = 0; state < this.#positionStates; state++) {
      const at = state * LENGTHS;
      for (let length = 0; length < 8; length++) {
        prices[at + length] = short + this.#tree(model + LENGTH.low + 8 * state, 3, length);
        prices[at + 8 + length] = middle + this.#tree(model + LENGTH.middle + 8 * state, 3, length);
      }
      for (let length = 16; length < LENGTHS; length++) {
        prices[at + length] = state === 0 ? long + this.#tree(model + LENGTH.high, 8, length - 16) : prices[length]!;
      }
    }
  }

  /** Direct bits cost one bit each; the align tree is added where it is asked for. */
  #refreshDistances(state: number): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      const direct = slot < FIRST_ALIGNED_SLOT ? 0 : (slot >>> 1) - 1 - 4;
      this.#slots[state * SLOTS + slot] = this.#tree(SLOT + SLOTS * state, 6, slot) + direct * UNITS_PER_BIT;
    }
    for (let distance = 0; distance < FULL_DISTANCES; distance++) {
      const slot = SLOT_OF_DISTANCE[distance]!;
      let price = this.#slots[state * SLOTS + slot]!;
      if (slot >= 4) {
        const bits = (slot >>> 1) - 1;
        const base = (2 | (slot & 1)) << bits;
        price += this.#reverseTree(SPECIAL + base - slot - 1, bits, distance - base);
      }
      this.#nearDistances[state * FULL_DISTANCES + distance] = price;
    }
  }

  #tree(base: number, bits: number, value: number): number {
    let price = 0;
    for (let node = value | (1 << bits); node > 1; node >>>= 1) {
      const probability = this.#probabilities[base + (node >>> 1)]!;
      price += PRICE[(node & 1) === 0 ? probability : CERTAIN - probability]!;
    }
    return price;
  }

  #reverseTree(base: number, bits: number, value: number): number {
    let price = 0;
    for (let node = 1, at = 0; at < bits; at++) {
      const bit = (value >>> at) & 1;
      const probability = this.#probabilities[base + node]!;
      price += PRICE[bit === 0 ? probability : CERTAIN - probability]!;
      node = 2 * node + bit;
    }
    return price;
  }
}
