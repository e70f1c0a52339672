/**
 * Where pieces of a run may have been before: for each stretch of the run the shifts at which old and new content, both neutral, have something in
 * common. Seeds of eight bytes are looked up in a hash index of the old content that may be read; what is found is extended as far as it goes.
 */
import type { NeutralContent } from './old-content.js';

export const STRETCH_BYTES = 512;
/** Shifts per stretch that are worth a closer look. */
const MOST_CANDIDATES = 24;
const SEED_BYTES = 8;
/** A shorter match is chance. */
const SHORTEST_MATCH = 12;
/** Within a match of this length nothing better is looked for. */
const CERTAIN_MATCH = 32;
const LONGEST_SEARCHED_MATCH = 256;
/** Places with the same seed that are compared. */
const MOST_PLACES = 48;
const HASH_BITS = 18;
const NONE = -1;

/** The old content's places by what follows them, in ascending order. */
export class SeedIndex {
  readonly #latest = new Int32Array(1 << HASH_BITS);
  readonly #next: Int32Array;
  readonly #old: Uint8Array;

  constructor(old: Uint8Array) {
    this.#old = old;
    this.#next = new Int32Array(old.length);
  }

  /** Of all places only these from now on. */
  fill(ranges: readonly { readonly from: number; readonly to: number }[]): void {
    this.#latest.fill(NONE);
    for (const { from, to } of [...ranges].sort((a, b) => b.from - a.from)) {
      for (let at = to - SEED_BYTES; at >= from; at--) {
        const hash = hashSeed(this.#old, at);
        this.#next[at] = this.#latest[hash]!;
        this.#latest[hash] = at;
      }
    }
  }

  first(bytes: Uint8Array, at: number): number {
    return this.#latest[hashSeed(bytes, at)]!;
  }

  next(place: number): number {
    return this.#next[place]!;
  }
}

function hashSeed(bytes: Uint8Array, at: number): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  return Math.imul(Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> (32 - HASH_BITS);
}

/**
 * Offsets from a position of the run to one of the old content, per stretch, the best first.
 * @param readable per byte of the old content: 1 where it may be read
 * @param likely tried before anything is looked up
 */
export function findCandidates(run: NeutralContent, old: Uint8Array, readable: Uint8Array, index: SeedIndex, likely: number): readonly (readonly number[])[] {
  const tallies = Array.from({ length: Math.ceil(run.bytes.length / STRETCH_BYTES) }, () => new Map<number, number>());
  const credit = (at: number, length: number, offset: number): void => {
    for (let stretch = Math.floor(at / STRETCH_BYTES); stretch * STRETCH_BYTES < at + length; stretch++) {
      const tally = tallies[stretch]!;
      tally.set(offset, (tally.get(offset) ?? 0) + Math.min(length, STRETCH_BYTES));
    }
  };
  let last = likely;
  for (let at = 0; at + SEED_BYTES <= run.bytes.length; ) {
    let offset = last;
    let length = matchLength(run.bytes, at, old, readable, at + last, run.bytes.length);
    if (length < CERTAIN_MATCH) ({ offset, length } = longestMatch(run.bytes, at, old, readable, index));
    if (length >= CERTAIN_MATCH) length = matchLength(run.bytes, at, old, readable, at + (last = offset), run.bytes.length);
    if (length >= SHORTEST_MATCH) credit(at, length, offset);
    at += length >= CERTAIN_MATCH ? length & ~1 : 2;
  }
  return tallies.map((_, stretch) => bestOf([tallies[stretch - 1], tallies[stretch], tallies[stretch + 1]]));
}

function matchLength(bytes: Uint8Array, at: number, old: Uint8Array, readable: Uint8Array, oldAt: number, most: number): number {
  const limit = Math.min(most, bytes.length - at);
  let length = 0;
  while (length < limit && readable[oldAt + length] === 1 && old[oldAt + length] === bytes[at + length]) length++;
  return length;
}

function longestMatch(bytes: Uint8Array, at: number, old: Uint8Array, readable: Uint8Array, index: SeedIndex): { offset: number; length: number } {
  let best = 0;
  let offset = 0;
  let place = index.first(bytes, at);
  for (let places = MOST_PLACES; place !== NONE && places > 0; places--, place = index.next(place)) {
    const length = matchLength(bytes, at, old, readable, place, LONGEST_SEARCHED_MATCH);
    if (length <= best) continue;
    best = length;
    offset = place - at;
  }
  return { offset, length: best };
}

/** Of a stretch and its neighbours: a piece may begin in one and be recognised in the next. */
function bestOf(tallies: readonly (ReadonlyMap<number, number> | undefined)[]): number[] {
  const sum = new Map<number, number>();
  for (const tally of tallies) for (const [offset, weight] of tally ?? []) sum.set(offset, (sum.get(offset) ?? 0) + weight);
  return [...sum].sort((a, b) => b[1] - a[1]).slice(0, MOST_CANDIDATES).map(([offset]) => offset);
}
