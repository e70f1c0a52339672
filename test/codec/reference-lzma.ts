/**
 * A second opinion: raw LZMA1 decoded as its specification words it, one probability array per purpose, a bit at a time, without a thought for
 * speed. Shares nothing with the encoder, not even the model's layout.
 */
interface Parameters {
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

type Probabilities = number[];

const fresh = (count: number): Probabilities => Array.from({ length: count }, () => 1024);

class RangeDecoder {
  #at = 5;
  #range = 0xffffffff;
  #code: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    if (bytes[0] !== 0) throw new Error('the first byte of a range-coded stream is 0');
    this.#bytes = bytes;
    this.#code = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length && this.#code === 0;
  }

  bit(probabilities: Probabilities, index: number): number {
    const probability = probabilities[index]!;
    const bound = Math.floor(this.#range / 2048) * probability;
    const bit = this.#code < bound ? 0 : 1;
    if (bit === 0) {
      this.#range = bound;
      probabilities[index] = probability + Math.floor((2048 - probability) / 32);
    } else {
      this.#code -= bound;
      this.#range -= bound;
      probabilities[index] = probability - Math.floor(probability / 32);
    }
    this.#normalise();
    return bit;
  }

  direct(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) {
      this.#range = Math.floor(this.#range / 2);
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = 2 * value + bit;
      this.#normalise();
    }
    return value;
  }

  tree(probabilities: Probabilities, bits: number): number {
    let node = 1;
    for (let left = bits; left > 0; left--) node = 2 * node + this.bit(probabilities, node);
    return node - 2 ** bits;
  }

  reverseTree(probabilities: Probabilities, offset: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let at = 0; at < bits; at++) {
      const bit = this.bit(probabilities, offset + node);
      node = 2 * node + bit;
      value += bit * 2 ** at;
    }
    return value;
  }

  #normalise(): void {
    if (this.#range >= 2 ** 24) return;
    if (this.#at >= this.#bytes.length) throw new Error('the stream ends too early');
    this.#range *= 256;
    this.#code = this.#code * 256 + this.#bytes[this.#at++]!;
  }
}

class LengthDecoder {
  readonly #choice = fresh(2);
  readonly #low = Array.from({ length: 16 }, () => fresh(8));
  readonly #middle = Array.from({ length: 16 }, () => fresh(8));
  readonly #high = fresh(256);

  decode(coder: RangeDecoder, positionState: number): number {
    if (coder.bit(this.#choice, 0) === 0) return 2 + coder.tree(this.#low[positionState]!, 3);
    if (coder.bit(this.#choice, 1) === 0) return 10 + coder.tree(this.#middle[positionState]!, 3);
    return 18 + coder.tree(this.#high, 8);
  }
}

/** @throws Error when the bytes are not exactly such a stream */
export function decodeRawLzma(bytes: Uint8Array, lengthBytes: number, { lc, lp, pb }: Parameters): Uint8Array {
  const coder = new RangeDecoder(bytes);
  const output: number[] = [];
  const literals = Array.from({ length: 2 ** (lc + lp) }, () => fresh(0x300));
  const isMatch = fresh(192);
  const isRepeat = fresh(12);
  const repeats = [fresh(12), fresh(12), fresh(12)] as const;
  const isLongRepeat = fresh(192);
  const slots = Array.from({ length: 4 }, () => fresh(64));
  const special = fresh(128);
  const align = fresh(16);
  const matchLength = new LengthDecoder();
  const repeatLength = new LengthDecoder();
  const last = [0, 0, 0, 0];
  let state = 0;

  const literal = (): void => {
    const before = output.at(-1) ?? 0;
    const probabilities = literals[((output.length % 2 ** lp) << lc) + (before >> (8 - lc))]!;
    let node = 1;
    if (state >= 7) {
      const expected = output[output.length - last[0]! - 1]!;
      for (let at = 7; node < 0x100 && at >= 0; at--) {
        const bit = coder.bit(probabilities, 0x100 * (1 + ((expected >> at) & 1)) + node);
        node = 2 * node + bit;
        if (bit !== ((expected >> at) & 1)) break;
      }
    }
    while (node < 0x100) node = 2 * node + coder.bit(probabilities, node);
    output.push(node - 0x100);
    state = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5][state]!;
  };
  const distance = (length: number): number => {
    const slot = coder.tree(slots[Math.min(length - 2, 3)]!, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 + (slot % 2)) * 2 ** bits;
    if (slot < 14) return base + coder.reverseTree(special, base - slot, bits);
    return base + 16 * coder.direct(bits - 4) + coder.reverseTree(align, 0, 4);
  };
  const copy = (length: number): void => {
    if (last[0]! >= output.length) throw new Error('a distance reaches to before the first byte');
    for (let left = length; left > 0; left--) output.push(output[output.length - last[0]! - 1]!);
  };
  const repeat = (positionState: number): void => {
    let which = 0;
    if (coder.bit(repeats[0], state) === 0) {
      if (coder.bit(isLongRepeat, 16 * state + positionState) === 0) {
        state = state < 7 ? 9 : 11;
        return copy(1);
      }
    } else {
      which = coder.bit(repeats[1], state) === 0 ? 1 : 2 + coder.bit(repeats[2], state);
    }
    last.unshift(...last.splice(which, 1));
    const length = repeatLength.decode(coder, positionState);
    state = state < 7 ? 8 : 11;
    copy(length);
  };

  while (output.length < lengthBytes) {
    const positionState = output.length % 2 ** pb;
    if (coder.bit(isMatch, 16 * state + positionState) === 0) {
      literal();
    } else if (coder.bit(isRepeat, state) === 1) {
      repeat(positionState);
    } else {
      const length = matchLength.decode(coder, positionState);
      state = state < 7 ? 7 : 10;
      last.pop();
      last.unshift(distance(length));
      copy(length);
    }
  }
  if (output.length > lengthBytes || !coder.isAtEnd) throw new Error('the stream does not end where it should');
  return Uint8Array.from(output);
}
