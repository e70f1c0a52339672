/**
 * Which literals and matches say the data in the fewest bits: the cheapest way through a stretch of positions, by the prices of this
 * moment. Between two positions there is one packet (literal, match, repeated distance), or a packet with a literal and a match at
 * distance 0 behind it: a way that is not the cheapest to its middle, but often is to its end.
 *
 * Decides only; lzma-encoder.ts writes the packets, which changes the prices of the next stretch.
 */
import { AFTER, FIRST_STATE_AFTER_MATCH, LONGEST_MATCH, MODEL, SHORTEST_MATCH, type LzmaParameters } from './lzma-model.js';
import { DISTANCE_BITS, DISTANCE_MASK, type MatchTable } from './match-finder.js';
import { LITERAL_CHOICE, REPEATS } from './packets.js';
import type { Prices } from './prices.js';

/** Longest stretch; matches do not reach beyond its end. */
const STRETCH = 4096;
const UNREACHED = 2 ** 30;
const NO_TAIL = 0;
const { isMatch: IS_MATCH, isRepeat: IS_REPEAT, isRepeat0: IS_REPEAT_0, isRepeat1: IS_REPEAT_1, isRepeat2: IS_REPEAT_2, isLongRepeat0: IS_LONG_REPEAT_0 } = MODEL;
const { literal: AFTER_LITERAL, match: AFTER_MATCH, repeat: AFTER_REPEAT, shortRepeat: AFTER_SHORT_REPEAT } = AFTER;

export class OptimalParser {
  /** The packets of the last stretch, in order. */
  readonly choices = new Int32Array(STRETCH + 1);
  readonly lengths = new Int32Array(STRETCH + 1);
  count = 0;

  readonly #data: Uint8Array;
  readonly #matches: MatchTable;
  readonly #prices: Prices;
  readonly #positionMask: number;

  // Per node, a position of the stretch: what the cheapest known way to it costs, where it comes from and by which packets.
  readonly #price = new Int32Array(STRETCH + 1);
  readonly #from = new Int32Array(STRETCH + 1);
  readonly #choice = new Int32Array(STRETCH + 1);
  readonly #firstLength = new Int32Array(STRETCH + 1);
  readonly #tailLength = new Int32Array(STRETCH + 1);
  readonly #state = new Uint8Array(STRETCH + 1);
  readonly #repeats = new Int32Array(REPEATS * (STRETCH + 1));

  #start = 0;
  #reached = 0;

  constructor(data: Uint8Array, matches: MatchTable, prices: Prices, parameters: LzmaParameters) {
    this.#data = data;
    this.#matches = matches;
    this.#prices = prices;
    this.#positionMask = (1 << parameters.pb) - 1;
  }

  /**
   * Chooses packets from `start` on, at least one; their lengths say how far. The stretch ends where all ways meet, or before a match of full length:
   * nothing beats that.
   * @param repeats the last four distances, 0-based, latest first
   */
  parse(start: number, state: number, repeats: Int32Array): void {
    this.#start = start;
    this.#reached = 0;
    this.#state[0] = state;
    this.#repeats.set(repeats);
    this.#price[0] = 0;
    const end = Math.min(STRETCH, this.#data.length - start);
    if (this.#takeFullLength(end)) return;
    let node = 0;
    for (; node < end; node++) {
      if (node > 0) {
        if (node === this.#reached) break;
        this.#arrive(node);
        if (this.#longestMatch(start + node) === LONGEST_MATCH) break;
      }
      this.#leave(node, end);
    }
    this.#collect(node);
  }

  #longestMatch(position: number): number {
    const last = this.#matches.starts[position + 1]! - 1;
    return last < this.#matches.starts[position]! ? 0 : this.#matches.packed[last]! >>> DISTANCE_BITS;
  }

  #takeFullLength(end: number): boolean {
    if (end < LONGEST_MATCH) return false;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      if (this.#commonLength(this.#start, this.#repeats[repeat]!, LONGEST_MATCH) === LONGEST_MATCH) return this.#take(repeat);
    }
    if (this.#longestMatch(this.#start) < LONGEST_MATCH) return false;
    return this.#take((this.#matches.packed[this.#matches.starts[this.#start + 1]! - 1]! & DISTANCE_MASK) + REPEATS);
  }

  #take(choice: number): true {
    this.choices[0] = choice;
    this.lengths[0] = LONGEST_MATCH;
    this.count = 1;
    return true;
  }

  #commonLength(position: number, distance: number, limit: number): number {
    const data = this.#data;
    const before = position - distance - 1;
    if (before < 0) return 0;
    let length = 0;
    while (length < limit && data[before + length] === data[position + length]) length++;
    return length;
  }

  /** State and distances of a node, now that the way to it is settled. */
  #arrive(node: number): void {
    const from = this.#from[node]!;
    const choice = this.#choice[node]!;
    const tail = this.#tailLength[node]!;
    const repeats = this.#repeats;
    const to = REPEATS * node;
    repeats.copyWithin(to, REPEATS * from, REPEATS * from + REPEATS);
    let state = this.#state[from]!;
    if (choice === LITERAL_CHOICE) {
      state = AFTER_LITERAL[state]!;
    } else if (choice === 0 && this.#firstLength[node] === 1) {
      state = AFTER_SHORT_REPEAT[state]!;
    } else {
      const isRepeat = choice < REPEATS;
      const distance = isRepeat ? repeats[to + choice]! : choice - REPEATS;
      for (let at = isRepeat ? choice : REPEATS - 1; at > 0; at--) repeats[to + at] = repeats[to + at - 1]!;
      repeats[to] = distance;
      state = isRepeat ? AFTER_REPEAT[state]! : AFTER_MATCH[state]!;
    }
    if (tail !== NO_TAIL) state = AFTER_REPEAT[choice === LITERAL_CHOICE ? state : AFTER_LITERAL[state]!]!;
    this.#state[node] = state;
  }

  #leave(node: number, end: number): void {
    const position = this.#start + node;
    const state = this.#state[node]!;
    const positionState = position & this.#positionMask;
    const matchModel = IS_MATCH + (state << 4) + positionState;
    const price = this.#price[node]!;
    const matchPrice = price + this.#prices.one(matchModel);
    const repeatPrice = matchPrice + this.#prices.one(IS_REPEAT + state);
    this.#leaveByLiteral(node, end, price + this.#prices.zero(matchModel), repeatPrice);
    const limit = Math.min(LONGEST_MATCH, end - node);
    if (limit < SHORTEST_MATCH) return;
    const longest = this.#leaveByRepeats(node, end, limit, repeatPrice);
    this.#leaveByMatches(node, end, limit, matchPrice + this.#prices.zero(IS_REPEAT + state), longest);
  }

  /** A literal, a single byte at the last distance, a literal with a match at the last distance behind it. */
  #leaveByLiteral(node: number, end: number, headPrice: number, repeatPrice: number): void {
    const position = this.#start + node;
    const state = this.#state[node]!;
    const byte = this.#data[position]!;
    const distance = this.#repeats[REPEATS * node]!;
    const expected = position > distance ? this.#data[position - distance - 1]! : -1;
    const literalPrice = headPrice + this.#literalPrice(position, state, byte, expected);
    this.#relax(node, node + 1, literalPrice, LITERAL_CHOICE, 1, NO_TAIL);
    if (expected !== byte) {
      this.#relaxTail(node, node + 1, end, literalPrice, LITERAL_CHOICE, 1, distance, AFTER_LITERAL[state]!);
      return;
    }
    const model = (state << 4) + (position & this.#positionMask);
    const shortPrice = repeatPrice + this.#prices.zero(IS_REPEAT_0 + state) + this.#prices.zero(IS_LONG_REPEAT_0 + model);
    this.#relax(node, node + 1, shortPrice, 0, 1, NO_TAIL);
  }

  #literalPrice(position: number, state: number, byte: number, expected: number): number {
    const before = position === 0 ? 0 : this.#data[position - 1]!;
    return state < FIRST_STATE_AFTER_MATCH ? this.#prices.literal(position, before, byte) : this.#prices.literalAfterMatch(position, before, byte, expected);
  }

  /** Returns the longest length that a repeated distance gives. */
  #leaveByRepeats(node: number, end: number, limit: number, headPrice: number): number {
    const position = this.#start + node;
    const state = this.#state[node]!;
    const positionState = position & this.#positionMask;
    let longest = 1;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const distance = this.#repeats[REPEATS * node + repeat]!;
      const length = this.#commonLength(position, distance, limit);
      if (length < SHORTEST_MATCH) continue;
      if (length > longest) longest = length;
      const price = headPrice + this.#repeatPrice(repeat, state, positionState);
      this.#reach(node + length);
      for (let shorter = length; shorter >= SHORTEST_MATCH; shorter--) {
        this.#relax(node, node + shorter, price + this.#prices.repeatLength(shorter, positionState), repeat, shorter, NO_TAIL);
      }
      this.#relaxMatchTail(node, length, end, price + this.#prices.repeatLength(length, positionState), repeat, distance, AFTER_REPEAT[state]!);
    }
    return longest;
  }

  #repeatPrice(repeat: number, state: number, positionState: number): number {
    const prices = this.#prices;
    if (repeat === 0) return prices.zero(IS_REPEAT_0 + state) + prices.one(IS_LONG_REPEAT_0 + (state << 4) + positionState);
    const price = prices.one(IS_REPEAT_0 + state);
    if (repeat === 1) return price + prices.zero(IS_REPEAT_1 + state);
    const later = price + prices.one(IS_REPEAT_1 + state);
    return later + (repeat === 2 ? prices.zero(IS_REPEAT_2 + state) : prices.one(IS_REPEAT_2 + state));
  }

  /** Each length at the nearest distance that has it. */
  #leaveByMatches(node: number, end: number, limit: number, headPrice: number, longestRepeat: number): void {
    const { starts, packed } = this.#matches;
    const prices = this.#prices;
    const position = this.#start + node;
    const positionState = position & this.#positionMask;
    const state = AFTER_MATCH[this.#state[node]!]!;
    const last = starts[position + 1]!;
    let length = longestRepeat === 1 ? SHORTEST_MATCH : longestRepeat + 1;
    for (let at = starts[position]!; at < last && length <= limit; at++) {
      const distance = packed[at]! & DISTANCE_MASK;
      const longest = Math.min(packed[at]! >>> DISTANCE_BITS, limit);
      if (longest < length) continue;
      this.#reach(node + longest);
      let price = 0;
      for (; length <= longest; length++) {
        price = headPrice + prices.matchLength(length, positionState) + prices.distance(distance, length);
        this.#relax(node, node + length, price, distance + REPEATS, length, NO_TAIL);
      }
      this.#relaxMatchTail(node, longest, end, price, distance + REPEATS, distance, state);
    }
  }

  /** Behind a match: the literal that ended it, then on at the same distance. */
  #relaxMatchTail(node: number, length: number, end: number, price: number, choice: number, distance: number, state: number): void {
    const literalNode = node + length;
    if (literalNode + 1 + SHORTEST_MATCH > end) return;
    const position = this.#start + literalNode;
    const data = this.#data;
    const expected = data[position - distance - 1]!;
    if (data[position + 1] !== data[position - distance] || data[position + 2] !== data[position - distance + 1]) return;
    const prices = this.#prices;
    const literalPrice =
      prices.zero(IS_MATCH + (state << 4) + (position & this.#positionMask)) +
      prices.literalAfterMatch(position, data[position - 1]!, data[position]!, expected);
    this.#relaxTail(node, literalNode + 1, end, price + literalPrice, choice, length, distance, AFTER_LITERAL[state]!);
  }

  /** On from `tailNode` at the last distance, as far as it goes. */
  #relaxTail(node: number, tailNode: number, end: number, price: number, choice: number, firstLength: number, distance: number, state: number): void {
    const position = this.#start + tailNode;
    const length = this.#commonLength(position, distance, Math.min(LONGEST_MATCH, end - tailNode));
    if (length < SHORTEST_MATCH) return;
    const positionState = position & this.#positionMask;
    const prices = this.#prices;
    const tailPrice =
      prices.one(IS_MATCH + (state << 4) + positionState) + prices.one(IS_REPEAT + state) +
      this.#repeatPrice(0, state, positionState) + prices.repeatLength(length, positionState);
    this.#reach(tailNode + length);
    this.#relax(node, tailNode + length, price + tailPrice, choice, firstLength, length);
  }

  #reach(node: number): void {
    while (this.#reached < node) this.#price[++this.#reached] = UNREACHED;
  }

  #relax(node: number, to: number, price: number, choice: number, firstLength: number, tailLength: number): void {
    if (to > this.#reached) this.#reach(to);
    if (price >= this.#price[to]!) return;
    this.#price[to] = price;
    this.#from[to] = node;
    this.#choice[to] = choice;
    this.#firstLength[to] = firstLength;
    this.#tailLength[to] = tailLength;
  }

  /** The way back from `end`, turned round. */
  #collect(end: number): void {
    let at = STRETCH + 1;
    const put = (choice: number, length: number): void => {
      this.choices[--at] = choice;
      this.lengths[at] = length;
    };
    for (let node = end; node > 0; node = this.#from[node]!) {
      const choice = this.#choice[node]!;
      const tail = this.#tailLength[node]!;
      if (tail !== NO_TAIL) put(0, tail);
      if (tail !== NO_TAIL && choice !== LITERAL_CHOICE) put(LITERAL_CHOICE, 1);
      put(choice, this.#firstLength[node]!);
    }
    this.count = STRETCH + 1 - at;
    this.choices.copyWithin(0, at, STRETCH + 1);
    this.lengths.copyWithin(0, at, STRETCH + 1);
  }
}
