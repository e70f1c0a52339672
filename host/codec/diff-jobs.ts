/** The long computations of an update, each a function of plain values. */
import { USUAL_PARAMETERS, rankParameters } from './choose-parameters.js';
import { codePieces } from './code-pieces.js';
import { contentStream, type ContentStream } from './content-stream.js';
import { encodeDirectory } from './directory.js';
import { findPieces, type TargetRun } from './find-pieces.js';
import { encodeLzma } from './lzma-encoder.js';
import type { LzmaParameters } from './lzma-model.js';
import { findMatches, type MatchTable } from './match-finder.js';
import { joinOldContent, type OldContent } from './old-content.js';
import { BRANCHES, type Piece } from './pieces.js';
import type { Segment } from '../image/image.js';

/** When a piece costs what so many kilobits do, few are left. */
const DEAREST = 512;

/** What a granule may be: a few instructions to some functions. */
const GRANULE_SHIFTS = [3, 4, 5, 6, 7, 8, 9, 10, 11] as const;

export const DIFF_JOBS = {
  /** Finds pieces, and the granule with which the fewest half-words are not as expected. */
  diff(base: readonly Segment[], targets: readonly TargetRun[], half: number, mostSpans: number): ContentStream {
    const old = joinOldContent(base);
    const runs = targets.map(({ run }) => run);
    const pieces = affordablePieces(old, targets, mostSpans);
    const tried = GRANULE_SHIFTS.map((granuleShift) => ({ granuleShift, ...codePieces(runs, pieces, old, { half, granuleShift }) }));
    const { granuleShift, coded } = tried.reduce((best, other) => (other.errors < best.errors ? other : best));
    return contentStream(runs, pieces, coded, granuleShift);
  },
  trialUpdate(stream: ContentStream, historyBytes: number): { readonly matches: MatchTable; readonly ranked: readonly LzmaParameters[] } {
    const matches = findMatches(stream.bytes, { historyBytes, directoryBytes: 0 });
    const { packets } = encodeLzma(stream.bytes, matches, USUAL_PARAMETERS);
    return { matches, ranked: rankParameters(stream.bytes, packets) };
  },
} as const;

/** The dearer a piece, the fewer there are; at last each run is one. */
function affordablePieces(old: OldContent, targets: readonly TargetRun[], mostSpans: number): Piece[] {
  const runs = targets.map(({ run }) => run);
  for (let dearness = 1; dearness < DEAREST; dearness *= 2) {
    const pieces = findPieces(old, targets, dearness);
    if (encodeDirectory(runs, pieces).spanCount <= mostSpans) return pieces;
  }
  return runs.map(({ bytes }) => ({ kind: 'new', lengthBytes: bytes.length, filter: BRANCHES }));
}
