/** What LZMA is given, and what of it the stub must be told besides the packed bytes: the last step of packing, the same for whole images and updates. */
import { encodeDirectory } from './directory.js';
import { encodeLzma, takenAt } from './lzma-encoder.js';
import { packParameters, type LzmaParameters } from './lzma-model.js';
import type { MatchTable } from './match-finder.js';
import type { PackedContent } from './packed-content.js';
import type { Piece } from './pieces.js';
import type { Segment } from '../image/image.js';

export interface ContentStream {
  /** The directory, then the content as its pieces have it. */
  readonly bytes: Uint8Array;
  readonly directoryBytes: number;
  readonly spanCount: number;
  readonly granuleShift: number;
  readonly runLengths: readonly number[];
}

/**
 * @param coded the content, filtered, and in copies only the errors of what was expected
 * @param granuleShift that it was expected with
 */
export function contentStream(runs: readonly Segment[], pieces: readonly Piece[], coded: Uint8Array, granuleShift = 0): ContentStream {
  const { bytes: directory, spanCount } = encodeDirectory(runs, pieces);
  const bytes = new Uint8Array(directory.length + coded.length);
  bytes.set(directory);
  bytes.set(coded, directory.length);
  return { bytes, directoryBytes: directory.length, spanCount, granuleShift, runLengths: runs.map((run) => run.bytes.length) };
}

export function encodeStream(stream: ContentStream, matches: MatchTable, parameters: LzmaParameters): PackedContent {
  const { bytes, packets } = encodeLzma(stream.bytes, matches, parameters);
  let end = stream.directoryBytes;
  const runEnds = stream.runLengths.map((length) => (end += length));
  const takenAfterRun = takenAt(stream.bytes, packets, parameters, runEnds);
  return {
    parameters: packParameters(parameters) | (stream.granuleShift << 12), directoryBytes: stream.directoryBytes,
    contentBytes: stream.bytes.length - stream.directoryBytes, bytes: bytes.subarray(0, takenAfterRun.at(-1)), takenAfterRun,
  };
}

export function shortest(packed: readonly PackedContent[]): PackedContent {
  return packed.reduce((best, other) => (other.bytes.length < best.bytes.length ? other : best));
}
