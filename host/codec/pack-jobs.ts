/** The long computations of packing, each a function of plain values, so that a worker thread can do them as well as this one. */
import { BLOCK_BYTES, joinBlocks, proposeFilters } from './choose-filters.js';
import { USUAL_PARAMETERS, rankParameters } from './choose-parameters.js';
import { contentStream, encodeStream, type ContentStream } from './content-stream.js';
import { DIFF_JOBS } from './diff-jobs.js';
import { filterContent } from './filters.js';
import { encodeGreedily } from './greedy-encoder.js';
import type { LzmaParameters } from './lzma-model.js';
import { findMatches, type MatchTable } from './match-finder.js';
import type { PackedContent } from './packed-content.js';
import type { Packets } from './packets.js';
import type { Segment } from '../image/image.js';

export interface FilteredContent {
  readonly content: Uint8Array;
  readonly runs: readonly Segment[];
  readonly filters: Uint8Array;
}

export interface Trial {
  /** Bytes that each block of the content came to. */
  readonly costs: Float64Array;
  readonly packets: Packets;
  readonly matches: MatchTable;
}

/** Directory and filtered content: what LZMA is given. */
export function streamOf({ content, runs, filters }: FilteredContent): ContentStream {
  const pieces = joinBlocks(filters, content.length);
  return contentStream(runs, pieces, filterContent(content, runs, pieces));
}

export const JOBS = {
  ...DIFF_JOBS,
  propose: proposeFilters,
  /** Packs with usual parameters, roughly, to see what comes of the filters. */
  trial(filtered: FilteredContent): Trial {
    const stream = streamOf(filtered);
    const matches = matchesOf(stream);
    const costs = new BlockCosts(stream.directoryBytes, filtered.filters.length);
    const packets = encodeGreedily(stream.bytes, matches, USUAL_PARAMETERS, (position, lengthBytes) => costs.add(position, lengthBytes));
    return { costs: costs.bytes, packets, matches };
  },
  matches(stream: ContentStream): MatchTable {
    return matchesOf(stream);
  },
  rank(stream: ContentStream, packets: Packets): readonly LzmaParameters[] {
    return rankParameters(stream.bytes, packets);
  },
  encode(stream: ContentStream, matches: MatchTable, parameters: LzmaParameters): PackedContent {
    return encodeStream(stream, matches, parameters);
  },
} as const;

/** New content is read back from flash as far as it goes, the directory is not. */
function matchesOf({ bytes, directoryBytes }: ContentStream): MatchTable {
  return findMatches(bytes, { historyBytes: Infinity, directoryBytes });
}

/** Spreads what each stretch came to over the blocks that it covers. */
class BlockCosts {
  readonly bytes: Float64Array;
  readonly #directoryBytes: number;
  #position = 0;
  #lengthBytes = 0;

  constructor(directoryBytes: number, blocks: number) {
    this.bytes = new Float64Array(blocks);
    this.#directoryBytes = directoryBytes;
  }

  add(position: number, lengthBytes: number): void {
    const perByte = (lengthBytes - this.#lengthBytes) / (position - this.#position);
    for (let at = Math.max(0, this.#position - this.#directoryBytes); at < position - this.#directoryBytes; ) {
      const block = Math.floor(at / BLOCK_BYTES);
      const end = Math.min(position - this.#directoryBytes, (block + 1) * BLOCK_BYTES);
      this.bytes[block]! += (end - at) * perByte;
      at = end;
    }
    this.#position = position;
    this.#lengthBytes = lengthBytes;
  }
}
