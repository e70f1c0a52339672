/**
 * Raw LZMA1: bytes and their matches → range-coded bytes. No header, no end marker; whoever decodes knows parameters and length.
 */
import { createProbabilities, type LzmaParameters } from './lzma-model.js';
import type { MatchTable } from './match-finder.js';
import { OptimalParser } from './optimal-parser.js';
import { PacketWriter } from './packet-writer.js';
import { PacketList, type Packets } from './packets.js';
import { Prices } from './prices.js';

/** Price tables are refreshed after so many packets: rarely enough to cost little, often enough to follow the data. */
const PACKETS_PER_REFRESH = 64;

export interface LzmaEncoding {
  readonly bytes: Uint8Array;
  readonly packets: Packets;
}

export function encodeLzma(data: Uint8Array, matches: MatchTable, parameters: LzmaParameters): LzmaEncoding {
  const probabilities = createProbabilities(parameters);
  const prices = new Prices(probabilities, parameters);
  const parser = new OptimalParser(data, matches, prices, parameters);
  const writer = new PacketWriter(data, probabilities, parameters);
  const packets = new PacketList();
  let refreshed = 0;
  while (writer.position < data.length) {
    parser.parse(writer.position, writer.state, writer.repeats);
    for (let at = 0; at < parser.count; at++) {
      packets.add(parser.choices[at]!, parser.lengths[at]!);
      writer.write(parser.choices[at]!, parser.lengths[at]!);
    }
    if (packets.count - refreshed < PACKETS_PER_REFRESH) continue;
    refreshed = packets.count;
    prices.refresh();
  }
  return { bytes: writer.coder.finish(), packets };
}

/** How many bytes a decoder has taken when it has just decoded as far as each of the positions, which ascend. */
export function takenAt(data: Uint8Array, packets: Packets, parameters: LzmaParameters, positions: readonly number[]): number[] {
  const writer = new PacketWriter(data, createProbabilities(parameters), parameters);
  let at = 0;
  return positions.map((position) => {
    for (; writer.position < position; at++) writer.write(packets.choices[at]!, packets.lengths[at]!);
    return writer.coder.decoderTakenBytes;
  });
}

/** What the same packets would come to with other parameters: near enough to rank them, at a tenth of the time. */
export function lengthWithParameters(data: Uint8Array, packets: Packets, parameters: LzmaParameters): number {
  const writer = new PacketWriter(data, createProbabilities(parameters), parameters);
  for (let at = 0; at < packets.count; at++) writer.write(packets.choices[at]!, packets.lengths[at]!);
  return writer.coder.lengthBytes;
}
