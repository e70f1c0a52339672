/** What a part's flash held before an update, as far as it is known, in the form in which copies are looked for. */
import { branchOffset, isBranch } from './branches.js';
import { isAddress, readWord } from './relocation.js';
import type { Segment } from '../image/image.js';

/** From `address` on; `bytes` between the known runs mean nothing. */
export interface OldContent extends Segment {
  readonly known: readonly { readonly from: number; readonly to: number }[];
}

/** @param runs known content, in any order; at least one */
export function joinOldContent(runs: readonly Segment[]): OldContent {
  const known = runs.map(({ address, bytes }) => ({ from: address, to: address + bytes.length }));
  const address = Math.min(...known.map(({ from }) => from));
  const bytes = new Uint8Array(Math.max(...known.map(({ to }) => to)) - address);
  for (const run of runs) bytes.set(run.bytes, run.address - address);
  return { address, bytes, known };
}

/** Content without what a move changes. */
export interface NeutralContent {
  /** Branches without their offsets, addresses blank. */
  readonly bytes: Uint8Array;
  /** Per half-word: where the branch or address that begins there points to; 0: none begins there. */
  readonly targets: Uint32Array;
}

export function neutralContent({ address, bytes }: Segment): NeutralContent {
  const neutral = bytes.slice();
  const targets = new Uint32Array((bytes.length >> 1) + 1);
  for (let at = 0; at + 4 <= bytes.length; at += 2) {
    if (isBranch(bytes, at)) {
      targets[at >> 1] = address + at + 4 + ((branchOffset(bytes, at) << 10) >> 9);
      neutral[at] = neutral[at + 2] = 0;
      neutral[at + 1]! &= 0xf8;
      neutral[at + 3]! &= 0xf8;
    } else if ((address + at) % 4 === 0 && isAddress(readWord(bytes, at))) {
      targets[at >> 1] = readWord(bytes, at);
      neutral.fill(0, at, at + 3);
    } else {
      continue;
    }
    at += 2;
  }
  return { bytes: neutral, targets };
}
