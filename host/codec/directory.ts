/**
 * What stands in front of the content in a packed stream and is packed with it: where each run of the content goes, then what each piece of
 * it is. Numbers of seven bits a byte, highest first, all bytes but the last with the eighth set. Per run its length in half-words and the change of the
 * address against the last run's; per piece its length and its filter, or a copy's change of the shift. Changes have the sign lowest, and FIRST_CHANGE
 * tells them from filters. Zeros up to a multiple of 16 keep the content's alignment, which lp and pb make use of. The stub's unpack.c reads it.
 */
import type { Piece } from './pieces.js';
import type { Segment } from '../image/image.js';

const FIRST_CHANGE = 16;
const ALIGNMENT = 16;

export function encodeDirectory(runs: readonly Segment[], pieces: readonly Piece[]): Uint8Array {
  const bytes: number[] = [];
  let last = 0;
  for (const { address, bytes: { length } } of runs) {
    putNumber(length / 2, bytes);
    putNumber(FIRST_CHANGE + signLowest(address - last), bytes);
    last = address;
  }
  last = 0;
  for (const piece of pieces) {
    putNumber(piece.lengthBytes / 2, bytes);
    putNumber(piece.kind === 'new' ? piece.filter : FIRST_CHANGE + signLowest(piece.shift - last), bytes);
    if (piece.kind === 'copy') last = piece.shift;
  }
  const directory = new Uint8Array(Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT);
  directory.set(bytes);
  return directory;
}

function putNumber(value: number, to: number[]): void {
  const digits = [value % 0x80];
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80)) digits.unshift(0x80 | rest % 0x80);
  to.push(...digits);
}

function signLowest(change: number): number {
  return change < 0 ? -2 * change - 1 : 2 * change;
}
