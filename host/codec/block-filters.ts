/**
 * What LZMA is given instead of the content itself, block by block: code with absolute branch targets, or tables as differences. Every
 * filter keeps the length and can be computed for any single byte from the content around it: the stub reads old history from flash and filters
 * it again instead of keeping it.
 */
import type { Segment } from '../image/image.js';

export const BLOCK_BYTES = 2048;

/** A block's filter as the directory has it: branches made absolute … */
export const BRANCHES = 0;
/** … or each byte less the one so many bytes before it. The stub takes any number up to 15; these are what tables of records come in. */
export const DELTA_DISTANCES = [1, 2, 3, 4, 6, 8] as const;

/** The runs' bytes, back to back. */
export function joinRuns(runs: readonly Segment[]): Uint8Array {
  const content = new Uint8Array(runs.reduce((sum, run) => sum + run.bytes.length, 0));
  let at = 0;
  for (const run of runs) {
    content.set(run.bytes, at);
    at += run.bytes.length;
  }
  return content;
}

export function blockCount(lengthBytes: number): number {
  return Math.ceil(lengthBytes / BLOCK_BYTES);
}

/**
 * @param runs where the content lies in flash, back to back
 * @param filters one per block
 */
export function filterBlocks(content: Uint8Array, runs: readonly Segment[], filters: Uint8Array): Uint8Array {
  const filtered = makeBranchesAbsolute(content, runs);
  for (const [block, distance] of filters.entries()) {
    if (distance === BRANCHES) continue;
    const end = Math.min((block + 1) * BLOCK_BYTES, content.length);
    for (let at = block * BLOCK_BYTES; at < end; at++) filtered[at] = content[at]! - (at < distance ? 0 : content[at - distance]!);
  }
  return filtered;
}

/**
 * BL is two half-words, 11110 + high and 11111 + low 11 bits of the offset from its address + 4, in half-words (ARMv7-M ARM, BL encoding T1
 * with J1 = J2 = 1). The two patterns exclude one another and survive the change, so a pair is recognised before and after it, without
 * looking further. A pair across the border of two blocks stays as it is.
 */
function makeBranchesAbsolute(content: Uint8Array, runs: readonly Segment[]): Uint8Array {
  const filtered = content.slice();
  let start = 0;
  for (const run of runs) {
    const end = start + run.bytes.length;
    for (let at = start; at < end; at += 2) {
      if ((at + 2) % BLOCK_BYTES === 0 || at + 4 > content.length) continue;
      if ((content[at + 1]! & 0xf8) !== 0xf0 || (content[at + 3]! & 0xf8) !== 0xf8) continue;
      const offset = ((content[at + 1]! & 7) << 19) | (content[at]! << 11) | ((content[at + 3]! & 7) << 8) | content[at + 2]!;
      const target = offset + ((run.address + at - start + 4) >>> 1);
      filtered[at] = target >>> 11;
      filtered[at + 1] = 0xf0 | ((target >>> 19) & 7);
      filtered[at + 2] = target;
      filtered[at + 3] = 0xf8 | ((target >>> 8) & 7);
    }
    start = end;
  }
  return filtered;
}
