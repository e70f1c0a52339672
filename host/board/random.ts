/**
 * Seeded randomness for the virtual board: the same seed gives the same garbage, jitter and faults on every machine.
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, seeded through splitmix32.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number) {
    let state = seed | 0;
    const splitMix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.#a = splitMix();
    this.#b = splitMix();
    this.#c = splitMix();
    this.#counter = splitMix();
    for (let round = 0; round < 12; round++) this.u32();
  }

  /** Uniform in 0 … 2³²-1. */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.u32() / 2 ** 32;
  }

  /** Uniform in 0 … `bound`-1; `bound` at most 2³². */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** Fills `target` with garbage and returns it. */
  fill(target: Uint8Array): Uint8Array {
    for (let at = 0; at < target.length; at += 4) {
      const word = this.u32();
      // Stores behind the end of a typed array vanish.
      target[at] = word;
      target[at + 1] = word >>> 8;
      target[at + 2] = word >>> 16;
      target[at + 3] = word >>> 24;
    }
    return target;
  }

  /** A generator of its own for one part of the board, so that parts do not disturb each other's sequences. */
  fork(name: string): Random {
    let hash = this.u32();
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    return new Random(hash);
  }
}
