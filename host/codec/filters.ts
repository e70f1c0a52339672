/**
 * What LZMA is given instead of new content itself: code with absolute branch targets, or tables as differences. Every filter keeps the length
 * and can be computed for any single byte from the content around it: the stub reads old history from flash and filters it again instead of keeping it.
 */
import { branchOffset, isBranch, moveBranch } from './branches.js';
import { BRANCHES, type NewPiece } from './pieces.js';
import type { Segment } from '../image/image.js';

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

/**
 * @param runs where the content lies in flash, back to back
 * @param pieces all of the content
 */
export function filterContent(content: Uint8Array, runs: readonly Segment[], pieces: readonly NewPiece[]): Uint8Array {
  const filtered = content.slice();
  let pieceStart = 0;
  for (const { lengthBytes, filter } of pieces) {
    const end = pieceStart + lengthBytes;
    if (filter === BRANCHES) forEachStretch(runs, pieceStart, end, (from, to, address) => makeBranchesAbsolute(filtered, from, to, address));
    else for (let at = pieceStart; at < end; at++) filtered[at] = content[at]! - (at < filter ? 0 : content[at - filter]!);
    pieceStart = end;
  }
  return filtered;
}

/** The parts of runs that lie between two positions of the content. */
export function forEachStretch(runs: readonly Segment[], from: number, to: number, visit: (from: number, to: number, address: number) => void): void {
  let runStart = 0;
  for (const { address, bytes } of runs) {
    const start = Math.max(from, runStart);
    const end = Math.min(to, runStart + bytes.length);
    if (start < end) visit(start, end, address + start - runStart);
    runStart += bytes.length;
  }
}

/** A pair of half-words across the end of a stretch stays as it is. */
export function makeBranchesAbsolute(content: Uint8Array, from: number, to: number, address: number): void {
  for (let at = from; at + 4 <= to; at += 2) {
    if (!isBranch(content, at)) continue;
    moveBranch(content, at, branchOffset(content, at) + (address + at - from + 4) / 2);
    at += 2;
  }
}
