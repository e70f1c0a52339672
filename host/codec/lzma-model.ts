/**
 * What LZMA1 models, as its specification (LZMA SDK, lzma-specification) has it: the states, and where each adaptive probability
 * lies in one flat table. The stub's lzma.c keeps the same table in the same order.
 */

/** How much of position and previous byte selects the probabilities. lc + lp ≤ 4, pb ≤ 4. */
export interface LzmaParameters {
  /** High bits of the previous byte that select the literal's probabilities. */
  readonly lc: number;
  /** Low bits of the position that do. */
  readonly lp: number;
  /** Low bits of the position that select those of everything else. */
  readonly pb: number;
}

export const SHORTEST_MATCH = 2;
export const LONGEST_MATCH = 273;
const STATES = 12;
export const FIRST_STATE_AFTER_MATCH = 7;

/** Distance slots from this one on have their low four bits coded by the align tree. */
export const FIRST_ALIGNED_SLOT = 14;
/** 0-based distances below this one have probabilities of their own for every bit. */
export const FULL_DISTANCES = 128;
/** Lengths 2, 3, 4 and from 5 on have slot trees of their own. */
export const DISTANCE_STATES = 4;

export const PROBABILITY_BITS = 11;
const PROBABILITY_INITIAL = 1 << (PROBABILITY_BITS - 1);
export const ADAPTATION_SHIFT = 5;

const MOST_POSITION_STATES = 16;
const LENGTH_MODEL = 2 + 2 * MOST_POSITION_STATES * 8 + 256;

/** Within a length model. */
export const LENGTH = { choice: 0, choice2: 1, low: 2, middle: 2 + MOST_POSITION_STATES * 8, high: 2 + 2 * MOST_POSITION_STATES * 8 } as const;

function placeModels<Name extends string>(sizes: Readonly<Record<Name, number>>): Readonly<Record<Name | 'literal', number>> {
  let at = 0;
  const places = Object.entries<number>(sizes).map(([name, size]) => [name, (at += size) - size]);
  return Object.fromEntries([...places, ['literal', at]]) as Record<Name | 'literal', number>;
}

/** Where each model begins. The literals' own come last: their number depends on lc and lp. */
export const MODEL = placeModels({
  isMatch: STATES * MOST_POSITION_STATES,
  isRepeat: STATES,
  isRepeat0: STATES,
  isRepeat1: STATES,
  isRepeat2: STATES,
  isLongRepeat0: STATES * MOST_POSITION_STATES,
  slot: DISTANCE_STATES * 64,
  special: FULL_DISTANCES - FIRST_ALIGNED_SLOT,
  align: 16,
  matchLength: LENGTH_MODEL,
  repeatLength: LENGTH_MODEL,
});

/** Probabilities of one literal context. */
export const LITERAL_MODEL = 0x300;

export function createProbabilities({ lc, lp }: LzmaParameters): Uint16Array {
  return new Uint16Array(MODEL.literal + (LITERAL_MODEL << (lc + lp))).fill(PROBABILITY_INITIAL);
}

/** As the stub wants them: a nibble each, lc lowest. */
export function packParameters({ lc, lp, pb }: LzmaParameters): number {
  return lc | (lp << 4) | (pb << 8);
}

/** Slot of a 0-based distance: its two highest bits and their place. */
export function distanceSlot(distance: number): number {
  if (distance < 4) return distance;
  const highest = 31 - Math.clz32(distance);
  return 2 * highest + ((distance >>> (highest - 1)) & 1);
}

/** The state after a literal, a match, a repeated distance, or a single byte at the last distance. */
export const AFTER = {
  literal: Uint8Array.from({ length: STATES }, (_, state) => (state < 4 ? 0 : state < 10 ? state - 3 : state - 6)),
  match: Uint8Array.from({ length: STATES }, (_, state) => (state < FIRST_STATE_AFTER_MATCH ? 7 : 10)),
  repeat: Uint8Array.from({ length: STATES }, (_, state) => (state < FIRST_STATE_AFTER_MATCH ? 8 : 11)),
  shortRepeat: Uint8Array.from({ length: STATES }, (_, state) => (state < FIRST_STATE_AFTER_MATCH ? 9 : 11)),
} as const;
