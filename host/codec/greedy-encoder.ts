/**
 * Packets without looking ahead further than one byte: for trials, which want to know what suits the content and not the last byte. Takes a fifth of the
 * time of optimal-parser.ts and a tenth more bytes. What it prefers (a repeated distance to a match that is a little longer, a near match to a far one) are rules of
 * thumb about what a distance costs.
 */
import { LONGEST_MATCH, createProbabilities, type LzmaParameters } from './lzma-model.js';
import { DISTANCE_BITS, DISTANCE_MASK, type MatchTable } from './match-finder.js';
import { PacketWriter } from './packet-writer.js';
import { LITERAL_CHOICE, PacketList, REPEATS, type Packets } from './packets.js';

interface Match {
  readonly length: number;
  readonly distance: number;
}

const NO_MATCH: Match = { length: 0, distance: 0 };
/** A match this much farther away costs as much as a byte more says. */
const FARTHER = 128;
/** Beyond these a repeated distance is worth one, and another, byte of the match. */
const FAR = 512;
const VERY_FAR = 32_768;
const LITERAL = { choice: LITERAL_CHOICE, length: 1 } as const;

/** @param onStretch told after each packet how much of the data is in and how many bytes came out */
export function encodeGreedily(data: Uint8Array, matches: MatchTable, parameters: LzmaParameters, onStretch: (position: number, lengthBytes: number) => void): Packets {
  const writer = new PacketWriter(data, createProbabilities(parameters), parameters);
  const packets = new PacketList();
  while (writer.position < data.length) {
    const { choice, length } = nextPacket(data, matches, writer.position, writer.repeats);
    packets.add(choice, length);
    writer.write(choice, length);
    onStretch(writer.position, writer.coder.lengthBytes);
  }
  return packets;
}

function nextPacket(data: Uint8Array, matches: MatchTable, position: number, repeats: Int32Array): { readonly choice: number; readonly length: number } {
  const match = longestMatch(matches, position);
  const repeat = longestRepeat(data, position, repeats);
  const worth = repeat.length + 1 + (match.distance >= FAR ? 1 : 0) + (match.distance >= VERY_FAR ? 1 : 0);
  if (repeat.length >= 2 && worth >= match.length) return { choice: repeat.distance, length: repeat.length };
  if (match.length < 2 || (match.length === 2 && match.distance >= FARTHER)) return LITERAL;
  const next = position + 1 < data.length ? longestMatch(matches, position + 1) : NO_MATCH;
  return isBetter(next, match) ? LITERAL : { choice: REPEATS + match.distance, length: match.length };
}

/** A match that begins a byte later. */
function isBetter(next: Match, match: Match): boolean {
  return next.length > match.length + 1
    || (next.length === match.length + 1 && next.distance < FARTHER * match.distance)
    || (next.length === match.length && next.distance < match.distance / FARTHER);
}

/** 0-based distance. */
function longestMatch({ starts, packed }: MatchTable, position: number): Match {
  const last = starts[position + 1]! - 1;
  return last < starts[position]! ? NO_MATCH : { length: packed[last]! >>> DISTANCE_BITS, distance: packed[last]! & DISTANCE_MASK };
}

/** The number of the repeated distance in place of a distance. */
function longestRepeat(data: Uint8Array, position: number, repeats: Int32Array): Match {
  const limit = Math.min(LONGEST_MATCH, data.length - position);
  let longest = NO_MATCH;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const before = position - repeats[repeat]! - 1;
    let length = 0;
    while (before >= 0 && length < limit && data[before + length] === data[position + length]) length++;
    if (length > longest.length) longest = { length, distance: repeat };
  }
  return longest;
}
