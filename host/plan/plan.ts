/**
 * What will happen to the flash, as a value: made without a board, shown by --dry-run, executed by nobody but the stream made of it.
 */
import type { H7Part } from '../device/h7-part.js';
import type { Sector } from '../device/memory-map.js';
import type { Segment } from '../image/image.js';
import { ERASED } from './erased.js';

/** A sector that the image touches. */
export interface PlannedSector {
  readonly sector: Sector;
  /** The whole sector as it will be; undefined where it stays as it is and what it holds beside the image is not known. */
  readonly content: Uint8Array | undefined;
  /** CRC-32 of the whole sector as it will be. */
  readonly digest: number;
  /** False: the board's digest says that it holds this already, and nothing is done to it. */
  readonly isWritten: boolean;
  /** Bytes of the sector that the image does not cover. */
  readonly uncoveredBytes: number;
  /** Of these, bytes in flash words that hold something and stay; undefined: nobody has asked, all are erased when the sector is written. */
  readonly keptBytes: number | undefined;
}

/** A sector of which every byte is known. */
export interface KnownSector extends PlannedSector {
  readonly content: Uint8Array;
}

export interface Plan {
  readonly part: H7Part;
  /** In address order. */
  readonly sectors: readonly PlannedSector[];
  /** Flash words to program, in the order of the stream, as runs; 0xFF words are left out, and so are the vector's flash word and the second one. */
  readonly writes: readonly Segment[];
  /** The vector's flash word: programmed last. Undefined when nothing is written. */
  readonly vectorWord: Segment | undefined;
  /** The flash word from which the second core of a dual-core part starts, where the image holds it and it is written: programmed as the last but one. */
  readonly secondWord: Segment | undefined;
  /** The vector's sector, where it holds the right content already: the stub copies it to RAM, and programs the copy after the erase. */
  readonly kept: KnownSector | undefined;
  /** Sectors to erase, in the order of the stream; the vector's is the first, that of the second word the next. */
  readonly erases: readonly Sector[];
}

/** Programmed when all else is proven, in this order. */
export function lastWords({ secondWord, vectorWord }: Plan): readonly Segment[] {
  return [secondWord, vectorWord].flatMap((word) => word ?? []);
}

export function writtenSectors(plan: Plan): readonly PlannedSector[] {
  return plan.sectors.filter((planned) => planned.isWritten);
}

export interface IncompleteSector {
  readonly sector: Sector;
  readonly content: Uint8Array;
}

/** Sectors with one of the last words, as they are while those are missing; the vector's is the first. */
export function incompleteSectors(plan: Plan): readonly IncompleteSector[] {
  const words = lastWords(plan);
  const wordsIn = ({ base, lengthBytes }: Sector): readonly Segment[] => words.filter(({ address }) => address >= base && address < base + lengthBytes);
  return plan.erases.flatMap((sector) => {
    const written = plan.sectors.find((planned) => planned.sector === sector);
    if (written?.content === undefined || wordsIn(sector).length === 0) return [];
    const content = written.content.slice();
    for (const { address, bytes } of wordsIn(sector)) content.fill(ERASED, address - sector.base, address - sector.base + bytes.length);
    return [{ sector, content }];
  });
}

/** Bytes of the written sectors that are not part of the image, hold something, and stay. */
export function keptBytes(plan: Plan): number {
  return writtenSectors(plan).reduce((sum, planned) => sum + (planned.keptBytes ?? 0), 0);
}

/** Bytes of flash that will be programmed from the stream. */
export function programmedBytes(plan: Plan): number {
  const vectorBytes = plan.kept === undefined ? (plan.vectorWord?.bytes.length ?? 0) : 0;
  return plan.writes.reduce((sum, run) => sum + run.bytes.length, vectorBytes + (plan.secondWord?.bytes.length ?? 0));
}
