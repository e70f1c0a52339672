/**
 * Content → what LZMA is given of it: new pieces filtered, copies as the difference to what the stub expects of them (stub/unpack.c): half-words
 * as they were, branches and addresses relocated.
 */
import { isBranch } from './branches.js';
import { forEachSpan } from './directory.js';
import { filterContent, joinRuns } from './filters.js';
import { BRANCHES, type NewPiece, type Piece } from './pieces.js';
import { Relocation, isAddress, readWord, type RelocationTable } from './relocation.js';
import type { OldContent } from './old-content.js';
import type { Segment } from '../image/image.js';

export interface CodedPieces {
  readonly coded: Uint8Array;
  /** Half-words of copies that are not as expected. */
  readonly errors: number;
}

export function codePieces(runs: readonly Segment[], pieces: readonly Piece[], old: OldContent, table: RelocationTable): CodedPieces {
  const content = joinRuns(runs);
  const coded = filterContent(content, runs, pieces.map((piece): NewPiece => (piece.kind === 'new' ? piece : { ...piece, kind: 'new', filter: BRANCHES })));
  const relocation = new Relocation(table);
  forEachSpan(runs, pieces, (piece, _from, _to, address) => {
    if (piece.kind === 'copy') relocation.learn(address - piece.shift, piece.shift);
  });
  let errors = 0;
  forEachSpan(runs, pieces, (piece, from, to, address) => {
    if (piece.kind === 'copy') errors += codeCopy({ content, coded, old, relocation, shift: piece.shift }, from, to, address);
  });
  return { coded, errors };
}

interface CopyJob {
  readonly content: Uint8Array;
  readonly coded: Uint8Array;
  readonly old: OldContent;
  readonly relocation: Relocation;
  readonly shift: number;
}

/** Returns how many half-words are not as expected. */
function codeCopy({ content, coded, old, relocation, shift }: CopyJob, from: number, to: number, address: number): number {
  let errors = 0;
  const put = (at: number, expected: Uint8Array, expectedAt: number): void => {
    const error = ((content[at]! | (content[at + 1]! << 8)) - (expected[expectedAt]! | (expected[expectedAt + 1]! << 8))) & 0xffff;
    coded[at] = error;
    coded[at + 1] = error >>> 8;
    if (error !== 0) errors++;
  };
  for (let at = from; at < to; at += 2) {
    const oldAddress = address + at - from - shift;
    const oldAt = oldAddress - old.address;
    const isPair = at + 4 <= to && (isBranch(old.bytes, oldAt) || ((address + at - from) % 4 === 0 && isAddress(readWord(old.bytes, oldAt))));
    if (!isPair) {
      put(at, old.bytes, oldAt);
      continue;
    }
    const expected = relocation.expect(old.bytes, oldAt, oldAddress, shift, content, at);
    put(at, expected, 0);
    put(at + 2, expected, 2);
    at += 2;
  }
  return errors;
}
