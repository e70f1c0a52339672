/** The long computations of packing, each a function of plain values, so that a worker thread can do them as well as this one. */
import { BLOCK_BYTES, filterBlocks } from './block-filters.js';
import { USUAL_PARAMETERS, rankParameters } from './choose-parameters.js';
import { encodeDirectory } from './directory.js';
import { encodeLzma } from './lzma-encoder.js';
import type { LzmaParameters } from './lzma-model.js';
import { findMatches, type MatchTable } from './match-finder.js';
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
export function streamOf({ content, runs, filters }: FilteredContent): Uint8Array {
  const directory = encodeDirectory(runs, filters, content.length);
  const stream = new Uint8Array(directory.length + content.length);
  stream.set(directory);
  stream.set(filterBlocks(content, runs, filters), directory.length);
  return stream;
}

export const JOBS = {
  /** Packs with usual parameters to see what comes of the filters. */
  trial(filtered: FilteredContent): Trial {
    const stream = streamOf(filtered);
    const matches = findMatches(stream);
    const costs = new BlockCosts(stream.length - filtered.content.length, filtered.filters.length);
    const { packets } = encodeLzma(stream, matches, USUAL_PARAMETERS, (position, lengthBytes) => costs.add(position, lengthBytes));
    return { costs: costs.bytes, packets, matches };
  },
  matches(stream: Uint8Array): MatchTable {
    return findMatches(stream);
  },
  rank(stream: Uint8Array, packets: Packets): readonly LzmaParameters[] {
    return rankParameters(stream, packets);
  },
  encode(stream: Uint8Array, matches: MatchTable, parameters: LzmaParameters): Uint8Array {
    return encodeLzma(stream, matches, parameters).bytes;
  },
} as const;

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
