/**
 * What will happen to the flash, as a value: made without a board, shown by --dry-run, executed by nobody but the stream made of it.
 */
import type { H7Part } from '../device/h7-part.js';
import type { Sector } from '../device/memory-map.js';
import type { Segment } from '../image/image.js';

/** A sector that the image touches. */
export interface PlannedSector {
  readonly sector: Sector;
  /** The whole sector as it will be: the image's bytes, 0xFF elsewhere. */
  readonly content: Uint8Array;
  /** CRC-32 of `content`. */
  readonly digest: number;
  /** False: the board's digest says that it holds this already, and nothing is done to it. */
  readonly isWritten: boolean;
  /** Bytes of the sector that the image does not cover: erased when the sector is written. */
  readonly uncoveredBytes: number;
}

export interface Plan {
  readonly part: H7Part;
  /** In address order. */
  readonly sectors: readonly PlannedSector[];
  /** The first flash word of the image: its vector table begins there. Written last. Undefined when nothing is written. */
  readonly vectorAddress: number | undefined;
  /** Flash words to program, in the order of the stream, as runs; 0xFF words are left out. The vector's flash word is the last. */
  readonly writes: readonly Segment[];
  /** Sectors to erase, in the order of the stream; the vector's is the first. */
  readonly erases: readonly Sector[];
}

export function writtenSectors(plan: Plan): readonly PlannedSector[] {
  return plan.sectors.filter((planned) => planned.isWritten);
}

/** Bytes of flash that will be programmed. */
export function programmedBytes(plan: Plan): number {
  return plan.writes.reduce((sum, run) => sum + run.bytes.length, 0);
}
