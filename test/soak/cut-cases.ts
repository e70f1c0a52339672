/** Power cuts by number: every flash operation of a small image, and drawn ones of a real image. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '../../host/board/random.js';
import type { FlashOptions } from '../../host/flash-options.js';
import type { Image, Segment } from '../../host/image/image.js';
import { garbage, imageOf } from '../e2e/virtual-board.js';
import { MOMENTS, type CutResult, type PowerCut } from './power-cut.js';
import { changed, packable, program } from './programs.js';
import type { Verdict } from './soak.js';

interface Way {
  readonly name: string;
  readonly options: Partial<FlashOptions>;
  readonly isOldKnown?: true;
  /** What becomes of drawn content, and of the content before it. */
  readonly content: (drawn: Segment, before: Segment) => Segment;
}

/** Ways to bring the content over. */
export const WAYS: readonly Way[] = [
  { name: 'stored', options: { compress: false }, content: (drawn) => drawn },
  { name: 'compressed', options: {}, content: packable },
  { name: 'in place', options: {}, isOldKnown: true, content: changed },
];

const WORD_BYTES = 32;
const FIRST = 0x0800_0000;
/** With the vector's, three sectors of each bank of a part with 1 MiB. */
const OTHERS = [0x0802_0000, 0x0804_0000, 0x0810_0000, 0x0812_0000, 0x0814_0000];
const WORDS = { first: 90, others: 84 };
/** Six sectors are erased; each flash word is programmed once. */
export const SMALL_OPERATIONS = 1 + OTHERS.length + WORDS.first + OTHERS.length * WORDS.others;

/** Somebody else's bytes in two of the sectors; where they begin and end, they share a flash word with nobody. */
const OTHERS_BYTES = [{ address: FIRST + 0x1_0005, lengthBytes: 300 }, { address: 0x0813_fe01, lengthBytes: 511 }] as const;
const OTHERS_WORDS = 10 + 16;

const SEGMENTS = [{ address: FIRST, words: WORDS.first }, ...OTHERS.map((address) => ({ address, words: WORDS.others }))];

function smallImage(seed: number, { content }: Way): Image {
  const drawn = (address: number, words: number, from: number): Segment => program(address, words * WORD_BYTES, from * 100 + (address >>> 17));
  return imageOf(...SEGMENTS.map(({ address, words }) => content(drawn(address, words, seed), drawn(address, words, 1))));
}

const BOOT0 = ['high', 'low'] as const;
const CASES_PER_OPERATION = WAYS.length * BOOT0.length * MOMENTS.length;
export const SMALL_CASES = SMALL_OPERATIONS * CASES_PER_OPERATION;

export function smallCut(seed: number): PowerCut {
  const way = WAYS[seed % WAYS.length]!;
  return {
    board: 'chip=STM32H743xG&rtt=20ms', oldImage: smallImage(1, way), newImage: smallImage(2, way), options: way.options, seed, ...(way.isOldKnown && { isOldKnown: true }),
    boot0: BOOT0[Math.floor(seed / WAYS.length) % BOOT0.length]!,
    moment: MOMENTS[Math.floor(seed / WAYS.length / BOOT0.length) % MOMENTS.length]!,
    operation: 1 + Math.floor(seed / CASES_PER_OPERATION),
  };
}

/** The same among somebody else's bytes, which are programmed again with the image. */
export const AMONG_OTHERS_OPERATIONS = SMALL_OPERATIONS + OTHERS_WORDS;
export const AMONG_OTHERS_CASES = AMONG_OTHERS_OPERATIONS * CASES_PER_OPERATION;

export function amongOthersCut(seed: number): PowerCut {
  return { ...smallCut(seed), beside: imageOf(...OTHERS_BYTES.map(({ address, lengthBytes }) => ({ address, bytes: garbage(lengthBytes, address) }))) };
}

/** The erase of the vector's sector and the programming of its flash word: only there may something else than a whole application start. */
export function pulseCut(seed: number): PowerCut {
  return { ...smallCut(seed), operation: seed % 2 === 0 ? 1 : SMALL_OPERATIONS, moment: MOMENTS[Math.floor(seed / 2) % MOMENTS.length]!, boot0: 'low' };
}

const firmware = (name: string): string => fileURLToPath(new URL(`../../../shared/firmware/${name}`, import.meta.url));
const REAL = { old: firmware('openmv4_20190916.bin'), new: firmware('openmv4_20190927.bin') };
export const hasRealImage = existsSync(REAL.old) && existsSync(REAL.new);
/** Packing takes seconds, twice a case; odd, so that whole images and few sectors are packed. */
const PACKED_EVERY = 15;
/** The others find a board that somebody's cut has left with both versions: all but so many sectors are right already. */
const WHOLE_EVERY = 4;
const SECTORS_LEFT = 3;
const SECTOR_BYTES = 0x2_0000;

/** Thirteen sectors over both banks, of which eleven differ; the vector's is written whenever anything is. */
export function realCut(seed: number): PowerCut {
  const random = new Random(seed + 1);
  const before = readFileSync(REAL.old);
  const after = readFileSync(REAL.new);
  const differing = sectorsOf(after).filter((sector) => Buffer.compare(sectorOf(before, sector), sectorOf(after, sector)) !== 0);
  const left = seed % WHOLE_EVERY === 0 ? differing : Array.from({ length: SECTORS_LEFT }, () => differing.splice(random.below(differing.length), 1)[0]!);
  const found = Buffer.alloc(Math.max(before.length, after.length), 0xff);
  for (const sector of sectorsOf(found)) found.set(sectorOf(left.includes(sector) ? before : after, sector), sector * SECTOR_BYTES);
  return {
    board: 'rtt=20ms&baud=921600', seed, options: { compress: seed % PACKED_EVERY === 0 }, isOldKnown: seed % (2 * PACKED_EVERY) === 0,
    oldImage: imageOf({ address: FIRST, bytes: found }), newImage: imageOf({ address: FIRST, bytes: after }),
    boot0: BOOT0[random.below(2)]!, moment: MOMENTS[random.below(3)]!, operation: 1 + random.below(operationsOf(after, [...new Set([0, ...left])])),
  };
}

function sectorsOf(bytes: Uint8Array): number[] {
  return Array.from({ length: Math.ceil(bytes.length / SECTOR_BYTES) }, (_, sector) => sector);
}

function sectorOf(bytes: Uint8Array, sector: number): Uint8Array {
  return bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

/** Erases and flash words when these sectors are written. */
function operationsOf(bytes: Uint8Array, sectors: readonly number[]): number {
  let operations = 0;
  for (const content of sectors.map((sector) => sectorOf(bytes, sector))) {
    operations++;
    for (let at = 0; at < content.length; at += WORD_BYTES) if (content.subarray(at, at + WORD_BYTES).some((byte) => byte !== 0xff)) operations++;
  }
  return operations;
}

export function judge({ operation, moment, boot0 }: PowerCut, { wasCut, boot, wrong }: CutResult): Verdict {
  const trouble = wrong ?? (wasCut ? undefined : 'there was no such operation') ?? (boot === 'torn' ? 'a torn application was started' : undefined);
  return {
    outcome: `BOOT0 ${boot0}, ${boot0 === 'low' ? `then starts: ${boot}` : 'then the bootloader'}`,
    wrong: trouble && `operation ${operation}, ${moment}, BOOT0 ${boot0}: ${trouble}`,
  };
}
