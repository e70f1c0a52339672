/**
 * Which filter each block gets. An estimate proposes (the entropy of the block's bytes, which sees tables but no repetitions), a trial
 * decides: a block keeps its filter only if it really came out shorter.
 */
import { BLOCK_BYTES, BRANCHES, DELTA_DISTANCES, blockCount, filterBlocks } from './block-filters.js';
import type { Segment } from '../image/image.js';

/** A difference must promise this much to be tried … */
const PROMISING = 0.9;
/** … and to have kept it in the trial. */
const WORTHWHILE = 0.97;

export function proposeFilters(content: Uint8Array, runs: readonly Segment[]): Uint8Array {
  const filters = new Uint8Array(blockCount(content.length)).fill(BRANCHES);
  const least = blockEntropies(filterBlocks(content, runs, filters)).map((bits) => bits * PROMISING);
  for (const distance of DELTA_DISTANCES) {
    const entropies = blockEntropies(filterBlocks(content, runs, new Uint8Array(filters.length).fill(distance)));
    for (const [block, bits] of entropies.entries()) {
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
