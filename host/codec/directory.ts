/**
 * What stands in front of the content in a packed stream and is packed with it: where each span of the content goes and what it is. A span is what
 * one piece has of one run. Numbers of seven bits a byte, highest first, all bytes but the last with the eighth set: the span's length in bytes, one more
 * when it does not follow the last span in flash, and then by how much; its filter, or a copy's change of the shift above FIRST_CHANGE. Changes have the sign
 * lowest. Zeros up to a multiple of 16 keep the content's alignment, which lp and pb make use of. The stub's unpack.c reads it.
 */
import { forEachStretch } from './filters.js';
import type { Piece } from './pieces.js';
import type { Segment } from '../image/image.js';

const FIRST_CHANGE = 16;
const ALIGNMENT = 16;

export interface Directory {
  readonly bytes: Uint8Array;
  readonly spanCount: number;
}

export function encodeDirectory(runs: readonly Segment[], pieces: readonly Piece[]): Directory {
  const numbers: number[] = [];
  let spanCount = 0;
  let end = 0;
  let shift = 0;
  forEachSpan(runs, pieces, (piece, from, to, address) => {
    numbers.push(...(address === end ? [to - from] : [to - from + 1, signLowest(address - end)]));
    numbers.push(piece.kind === 'new' ? piece.filter : FIRST_CHANGE + signLowest(piece.shift - shift));
    end = address + to - from;
    if (piece.kind === 'copy') shift = piece.shift;
    spanCount++;
  });
  const bytes = numbers.flatMap(numberBytes);
  const padded = new Uint8Array(Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT);
  padded.set(bytes);
  return { bytes: padded, spanCount };
}

/** Positions in the content and the address of the first. */
export function forEachSpan(runs: readonly Segment[], pieces: readonly Piece[], visit: (piece: Piece, from: number, to: number, address: number) => void): void {
  let start = 0;
  for (const piece of pieces) {
    forEachStretch(runs, start, (start += piece.lengthBytes), (from, to, address) => visit(piece, from, to, address));
  }
}

function numberBytes(value: number): number[] {
  const bytes = [value % 0x80];
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80)) bytes.unshift(0x80 | rest % 0x80);
  return bytes;
}

function signLowest(change: number): number {
  return change < 0 ? -2 * change - 1 : 2 * change;
}
