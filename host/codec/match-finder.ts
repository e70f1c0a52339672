/**
 * For every position of the data: the matches before it that are worth considering, each the nearest of its length. Binary trees of
 * suffixes under a hash of four bytes, as in LZMA's BT4; matches of two and three bytes come from direct tables.
 *
 * Found once and used for every set of parameters: matches depend on the data alone.
 */
import { LONGEST_MATCH } from './lzma-model.js';

/** Bits of a packed match that hold the 0-based distance; the length is above them. */
export const DISTANCE_BITS = 23;
export const DISTANCE_MASK = 2 ** DISTANCE_BITS - 1;

/** In shared memory: threads pass it on without copying. */
export interface MatchTable {
  /** Where in `packed` the matches of a position begin; those of the next position end them. */
  readonly starts: Uint32Array;
  /** Length << DISTANCE_BITS | 0-based distance; both rise within a position. */
  readonly packed: Uint32Array;
}

/** Nodes of a tree that are looked at before giving up. */
const DEEPEST = 512;
const HASH3_BITS = 16;
const HASH4_BITS = 20;
const NONE = -1;

/** What the stub still has of what it decoded. */
export interface Reach {
  /** So many bytes back everything is there … */
  readonly historyBytes: number;
  /** … but of so many at the beginning only what is less than NEAREST_BYTES back. */
  readonly directoryBytes: number;
}

/** The stub's smallest ring (stub/unpack.h, UNPACK_LEAST_RECENT_BYTES). */
const NEAREST_BYTES = 4096;

export function findMatches(data: Uint8Array, reach: Reach = { historyBytes: Infinity, directoryBytes: 0 }): MatchTable {
  const finder = new MatchFinder(data, reach);
  for (let position = 0; position < data.length; position++) finder.visit(position);
  return finder.table();
}

class MatchFinder {
  readonly #data: Uint8Array;
  readonly #reach: Reach;
  readonly #starts: Uint32Array;
  #packed: Uint32Array;
  #count = 0;
  readonly #latest2 = new Int32Array(2 ** 16).fill(NONE);
  readonly #latest3 = new Int32Array(2 ** HASH3_BITS).fill(NONE);
  readonly #latest4 = new Int32Array(2 ** HASH4_BITS).fill(NONE);
  /** Of each position: the subtree of smaller suffixes, then that of greater ones. */
  readonly #sons: Int32Array;

  constructor(data: Uint8Array, reach: Reach) {
    this.#reach = reach;
    if (data.length > 2 ** DISTANCE_BITS) throw new RangeError(`${data.length} bytes are beyond what a packed distance reaches`);
    this.#data = data;
    this.#starts = new Uint32Array(new SharedArrayBuffer(4 * (data.length + 1)));
    this.#packed = new Uint32Array(2 * data.length + LONGEST_MATCH);
    this.#sons = new Int32Array(2 * data.length);
  }

  table(): MatchTable {
    this.#starts[this.#data.length] = this.#count;
    const packed = new Uint32Array(new SharedArrayBuffer(4 * this.#count));
    packed.set(this.#packed.subarray(0, this.#count));
    return { starts: this.#starts, packed };
  }

  visit(position: number): void {
    const data = this.#data;
    this.#starts[position] = this.#count;
    const limit = Math.min(LONGEST_MATCH, data.length - position);
    if (limit < 4) return;
    if (this.#packed.length - this.#count < LONGEST_MATCH) this.#grow();
    const two = data[position]! | (data[position + 1]! << 8);
    const three = two | (data[position + 2]! << 16);
    const hash3 = Math.imul(three, 0x9e3779b1) >>> (32 - HASH3_BITS);
    const hash4 = Math.imul(three | (data[position + 3]! << 24), 0x9e3779b1) >>> (32 - HASH4_BITS);
    let best = 1;
    best = this.#try(position, this.#latest2[two]!, best, limit);
    best = this.#try(position, this.#latest3[hash3]!, Math.max(best, 2), limit);
    const root = this.#latest4[hash4]!;
    this.#latest2[two] = this.#latest3[hash3] = this.#latest4[hash4] = position;
    this.#descend(position, root, Math.max(best, 3), limit);
  }

  #try(position: number, candidate: number, best: number, limit: number): number {
    if (candidate === NONE || !this.#isReachable(position, candidate)) return best;
    const data = this.#data;
    let length = 0;
    while (length < limit && data[candidate + length] === data[position + length]) length++;
    if (length <= best) return best;
    this.#add(length, position - candidate);
    return length;
  }

  /** Splits the tree at the new suffix, which becomes its root, and notes what matches better on the way down. */
  #descend(position: number, root: number, longerThan: number, limit: number): void {
    const data = this.#data;
    const sons = this.#sons;
    let best = longerThan;
    let smaller = 2 * position;
    let greater = smaller + 1;
    let smallerLength = 0;
    let greaterLength = 0;
    let candidate = root;
    for (let depth = DEEPEST; candidate !== NONE && depth > 0; depth--) {
      let length = smallerLength < greaterLength ? smallerLength : greaterLength;
      while (length < limit && data[candidate + length] === data[position + length]) length++;
      if (length > best && this.#isReachable(position, candidate)) {
        best = length;
        this.#add(length, position - candidate);
      }
      if (length === limit) {
        sons[smaller] = sons[2 * candidate]!;
        sons[greater] = sons[2 * candidate + 1]!;
        return;
      }
      if (data[candidate + length]! < data[position + length]!) {
        sons[smaller] = candidate;
        smaller = 2 * candidate + 1;
        candidate = sons[smaller]!;
        smallerLength = length;
      } else {
        sons[greater] = candidate;
        greater = 2 * candidate;
        candidate = sons[greater]!;
        greaterLength = length;
      }
    }
    sons[smaller] = sons[greater] = NONE;
  }

  #isReachable(position: number, candidate: number): boolean {
    const distance = position - candidate;
    return distance <= NEAREST_BYTES || (distance <= this.#reach.historyBytes && candidate >= this.#reach.directoryBytes);
  }

  #add(length: number, distance: number): void {
    this.#packed[this.#count++] = (length << DISTANCE_BITS) | (distance - 1);
  }

  #grow(): void {
    const longer = new Uint32Array(2 * this.#packed.length);
    longer.set(this.#packed);
    this.#packed = longer;
  }
}
