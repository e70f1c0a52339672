/** Packets → decisions of the range coder, in the order and with the models that LZMA's specification gives them. */
import { AFTER, FIRST_ALIGNED_SLOT, FIRST_STATE_AFTER_MATCH, LENGTH, LITERAL_MODEL, MODEL, SHORTEST_MATCH, distanceSlot, type LzmaParameters } from './lzma-model.js';
import { LITERAL_CHOICE, REPEATS } from './packets.js';
import { RangeEncoder } from './range-encoder.js';

export class PacketWriter {
  readonly coder: RangeEncoder;
  readonly repeats = new Int32Array(REPEATS);
  position = 0;
  state = 0;

  readonly #data: Uint8Array;
  readonly #lc: number;
  readonly #lpMask: number;
  readonly #positionMask: number;

  constructor(data: Uint8Array, probabilities: Uint16Array, parameters: LzmaParameters) {
    this.coder = new RangeEncoder(probabilities, data.length);
    this.#data = data;
    this.#lc = parameters.lc;
    this.#lpMask = (1 << parameters.lp) - 1;
    this.#positionMask = (1 << parameters.pb) - 1;
  }

  write(choice: number, length: number): void {
    const positionState = this.position & this.#positionMask;
    this.coder.bit(MODEL.isMatch + (this.state << 4) + positionState, choice === LITERAL_CHOICE ? 0 : 1);
    if (choice === LITERAL_CHOICE) this.#literal();
    else if (choice < REPEATS) this.#repeat(choice, length, positionState);
    else this.#match(choice - REPEATS, length, positionState);
    this.position += length;
  }

  #literal(): void {
    const { position } = this;
    const byte = this.#data[position]!;
    const before = position === 0 ? 0 : this.#data[position - 1]!;
    const base = MODEL.literal + LITERAL_MODEL * (((position & this.#lpMask) << this.#lc) + (before >>> (8 - this.#lc)));
    if (this.state < FIRST_STATE_AFTER_MATCH) this.coder.tree(base, 8, byte);
    else this.#literalAfterMatch(base, byte, this.#data[position - this.repeats[0]! - 1]!);
    this.state = AFTER.literal[this.state]!;
  }

  #literalAfterMatch(base: number, byte: number, expected: number): void {
    let asExpected = 0x100;
    for (let node = 1, at = 7; at >= 0; at--) {
      const bit = (byte >>> at) & 1;
      const expectedBit = (expected >>> at) & 1;
      this.coder.bit(base + asExpected + (asExpected & (expectedBit << 8)) + node, bit);
      if (bit !== expectedBit) asExpected = 0;
      node = 2 * node + bit;
    }
  }

  #repeat(repeat: number, length: number, positionState: number): void {
    const { coder, state, repeats } = this;
    coder.bit(MODEL.isRepeat + state, 1);
    coder.bit(MODEL.isRepeat0 + state, repeat === 0 ? 0 : 1);
    if (repeat === 0) coder.bit(MODEL.isLongRepeat0 + (state << 4) + positionState, length === 1 ? 0 : 1);
    else coder.bit(MODEL.isRepeat1 + state, repeat === 1 ? 0 : 1);
    if (repeat > 1) coder.bit(MODEL.isRepeat2 + state, repeat - 2);
    const distance = repeats[repeat]!;
    repeats.copyWithin(1, 0, repeat);
    repeats[0] = distance;
    if (length > 1) this.#length(MODEL.repeatLength, length, positionState);
    this.state = (length > 1 ? AFTER.repeat : AFTER.shortRepeat)[state]!;
  }

  #match(distance: number, length: number, positionState: number): void {
    const { coder, state, repeats } = this;
    coder.bit(MODEL.isRepeat + state, 0);
    this.#length(MODEL.matchLength, length, positionState);
    const slot = distanceSlot(distance);
    coder.tree(MODEL.slot + 64 * Math.min(length - SHORTEST_MATCH, 3), 6, slot);
    if (slot >= 4) this.#distanceBelowSlot(distance, slot);
    repeats.copyWithin(1, 0, REPEATS - 1);
    repeats[0] = distance;
    this.state = AFTER.match[state]!;
  }

  #distanceBelowSlot(distance: number, slot: number): void {
    const bits = (slot >>> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    const rest = distance - base;
    if (slot < FIRST_ALIGNED_SLOT) {
      this.coder.reverseTree(MODEL.special + base - slot - 1, bits, rest);
    } else {
      this.coder.direct(bits - 4, rest >>> 4);
      this.coder.reverseTree(MODEL.align, 4, rest & 15);
    }
  }

  #length(model: number, length: number, positionState: number): void {
    const { coder } = this;
    const rest = length - SHORTEST_MATCH;
    coder.bit(model + LENGTH.choice, rest < 8 ? 0 : 1);
    if (rest < 8) return coder.tree(model + LENGTH.low + 8 * positionState, 3, rest);
    coder.bit(model + LENGTH.choice2, rest < 16 ? 0 : 1);
    if (rest < 16) coder.tree(model + LENGTH.middle + 8 * positionState, 3, rest - 8);
    else coder.tree(model + LENGTH.high, 8, rest - 16);
  }
}
