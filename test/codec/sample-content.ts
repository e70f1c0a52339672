/** Content for the codec's tests, seeded: something like firmware, made of all that the codec treats differently. */
import { Random } from '../../host/board/random.js';
import type { Segment } from '../../host/image/image.js';

/** Code-like half-words with branches to a few targets, tables of records, text, blanks, noise. */
export function sampleContent(lengthBytes: number, seed: number, address = 0x08000000): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(lengthBytes);
  for (let at = 0; at < lengthBytes; ) {
    const end = Math.min(lengthBytes, at + 2 * (100 + random.below(3000)));
    PIECES[random.below(PIECES.length)]!(bytes, at, end, random, address);
    at = end;
  }
  return bytes;
}

type Piece = (bytes: Uint8Array, from: number, to: number, random: Random, address: number) => void;

const code: Piece = (bytes, from, to, random, address) => {
  const targets = Array.from({ length: 12 }, () => address + 2 * random.below(bytes.length / 2));
  const instructions = Array.from({ length: 60 }, () => random.below(0xe800));
  const put = (at: number, half: number): void => {
    bytes[at] = half;
    bytes[at + 1] = half >>> 8;
  };
  for (let at = from; at < to; at += 2) {
    if (at + 4 <= to && random.below(8) === 0) {
      const offset = (targets[random.below(12)]! - (address + at + 4)) >> 1;
      put(at, 0xf000 | ((offset >> 11) & 0x7ff));
      put(at + 2, 0xf800 | (offset & 0x7ff));
      at += 2;
    } else {
      put(at, instructions[Math.floor(60 * random.fraction() ** 2)]!);
    }
  }
};

const table: Piece = (bytes, from, to, random) => {
  const distance = [1, 2, 3, 4, 6, 8][random.below(6)]!;
  for (let at = from; at < to; at++) bytes[at] = (at - distance < from ? random.below(256) : bytes[at - distance]!) + random.below(3);
};

const repetition: Piece = (bytes, from, to, random) => {
  const distance = 1 + random.below(Math.max(1, from));
  for (let at = from; at < to; at++) bytes[at] = at < distance ? 0 : bytes[at - distance]!;
};

const blank: Piece = (bytes, from, to) => void bytes.fill(0xff, from, to);
const noise: Piece = (bytes, from, to, random) => void random.fill(bytes.subarray(from, to));

const PIECES: readonly Piece[] = [code, code, table, repetition, blank, noise];

/** Cuts content into runs of whole flash words and lays them into flash with gaps and out of order. */
export function scatterRuns(content: Uint8Array, count: number, seed: number, wordBytes = 32): Segment[] {
  const random = new Random(seed);
  const words = content.length / wordBytes;
  const cuts = Array.from({ length: count - 1 }, () => 1 + random.below(words - 1)).sort((a, b) => a - b);
  const ends = [...new Set([...cuts, words])];
  const room = Math.floor(2 ** 21 / wordBytes / ends.length);
  const slots = ends.map((_, slot) => slot).sort(() => random.fraction() - 0.5);
  return ends.map((end, at) => ({
    address: 0x08000000 + wordBytes * room * slots[at]!,
    bytes: content.subarray(wordBytes * (ends[at - 1] ?? 0), wordBytes * end),
  }));
}
