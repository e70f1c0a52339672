/**
 * What stands in front of the content in a packed stream and is packed with it: where each run of the content goes, and the filter of each
 * block. Layout: per run address u32 and length u32, then one byte per block, zeros up to a multiple of 16 so that the content's alignment
 * remains what lp and pb make use of. The stub's unpack.c reads it.
 */
import { BLOCK_BYTES } from './block-filters.js';
import type { Segment } from '../image/image.js';

const RUN_BYTES = 8;
const ALIGNMENT = 16;

/** Room for one block more than whole ones: what the stub reckons with, whether it is needed or not. */
export function directoryBytes(runCount: number, contentBytes: number): number {
  return Math.ceil((RUN_BYTES * runCount + Math.floor(contentBytes / BLOCK_BYTES) + 1) / ALIGNMENT) * ALIGNMENT;
}

export function encodeDirectory(runs: readonly Segment[], filters: Uint8Array, contentBytes: number): Uint8Array {
  const directory = new Uint8Array(directoryBytes(runs.length, contentBytes));
  const view = new DataView(directory.buffer);
  for (const [at, run] of runs.entries()) {
    view.setUint32(RUN_BYTES * at, run.address, true);
    view.setUint32(RUN_BYTES * at + 4, run.bytes.length, true);
  }
  directory.set(filters, RUN_BYTES * runs.length);
  return directory;
}
