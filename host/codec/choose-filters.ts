/**
 * Which filter each block gets. An estimate proposes (the entropy of the block's bytes, which sees tables but no repetitions), a trial
 * decides: a block keeps its filter only if it really came out shorter.
 */
import { filterContent } from './filters.js';
import { BRANCHES, DELTA_DISTANCES, type NewPiece } from './pieces.js';
import type { Segment } from '../image/image.js';

/** Filters are chosen for so much content at a time. */
export const BLOCK_BYTES = 2048;

/** No filter's number is above. */
const FARTHEST_DIFFERENCE = 16;

/** A difference must promise this much to be tried … */
const PROMISING = 0.9;
/** … and to have kept it in the trial. */
const WORTHWHILE = 0.97;

export function blockCount(lengthBytes: number): number {
  return Math.ceil(lengthBytes / BLOCK_BYTES);
}

/** Blocks in a row with the same filter are one piece. A difference needs something before it: the content does not begin with one. */
export function joinBlocks(filters: Uint8Array, contentBytes: number): NewPiece[] {
  const starts = [...filters.keys()].filter((block) => filters[block] !== filters[block - 1]);
  const pieces = starts.map((block, at): NewPiece => ({
    kind: 'new', filter: filters[block]!, lengthBytes: Math.min(contentBytes, BLOCK_BYTES * (starts[at + 1] ?? filters.length)) - BLOCK_BYTES * block,
  }));
  const [first, ...others] = pieces as [NewPiece, ...NewPiece[]];
  if (first.filter === BRANCHES) return pieces;
  const head: NewPiece = { kind: 'new', filter: BRANCHES, lengthBytes: Math.min(FARTHEST_DIFFERENCE, contentBytes) };
  return contentBytes <= FARTHEST_DIFFERENCE ? [head] : [head, { ...first, lengthBytes: first.lengthBytes - FARTHEST_DIFFERENCE }, ...others];
}

/** One per block. */
export function proposeFilters(content: Uint8Array, runs: readonly Segment[]): Uint8Array {
  const filters = new Uint8Array(blockCount(content.length)).fill(BRANCHES);
  const entropiesWith = (filter: number): Float64Array => blockEntropies(filterContent(content, runs, [{ kind: 'new', lengthBytes: content.length, filter }]));
  const least = entropiesWith(BRANCHES).map((bits) => bits * PROMISING);
  for (const distance of DELTA_DISTANCES) {
    for (const [block, bits] of entropiesWith(distance).entries()) {
      if (bits >= least[block]!) continue;
      least[block] = bits;
      filters[block] = distance;
    }
  }
  return filters;
}

/** @param costs bytes that each block came to, without and with its proposed filter */
export function confirmFilters(proposed: Uint8Array, costs: { readonly without: Float64Array; readonly with: Float64Array }): Uint8Array {
  return proposed.map((filter, block) => (costs.with[block]! < costs.without[block]! * WORTHWHILE ? filter : BRANCHES));
}

/** Bits that each block's bytes would need, each coded by its own frequency in the block. */
function blockEntropies(bytes: Uint8Array): Float64Array {
  return Float64Array.from({ length: blockCount(bytes.length) }, (_, block) => {
    const piece = bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
    const counts = new Uint16Array(256);
    for (const byte of piece) counts[byte]!++;
    return counts.reduce((bits, count) => (count === 0 ? bits : bits - count * Math.log2(count / piece.length)), 0);
  });
}
