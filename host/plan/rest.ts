/**
 * The rest of a sector: what it holds beside the image, which is somebody else's and stays. Which ranges that are, in what pieces the board
 * is asked for them, and what they are when it has answered. Pure; knows nothing of how the bytes come here.
 */
import type { H7Part } from '../device/h7-part.js';
import type { Sector } from '../device/memory-map.js';
import type { Image, Segment } from '../image/image.js';
import { cutAtMultiples, type AddressedRange } from '../protocol/ranges.js';
import { isErased } from './erased.js';
import { imageRanges } from './image-ranges.js';
import { sectorContents } from './sector-contents.js';
import type { ProofRange } from './stream.js';

/**
 * `known`: these segments, and 0xFF between them. `in place`: the image's own bytes of this sector are in flash already, so that nothing is done to
 * it, and what else it holds need not be known.
 */
export type SectorRest = { readonly kind: 'known'; readonly segments: readonly Segment[] } | { readonly kind: 'in place' };

/** A sector that the image covers only in part. */
export interface PartialSector {
  readonly sector: Sector;
  /** With 0xFF where the image has nothing. */
  readonly content: Uint8Array;
  /** The image's bytes in it. */
  readonly inImage: readonly ProofRange[];
  readonly beside: readonly AddressedRange[];
}

/** A digest costs four bytes on the wire and a request eight: what is blank in between, in steps of this, is not fetched. */
const BLOCK_BYTES = 4096;
/** The largest flash word. */
const GRAIN_BYTES = 32;

export function partialSectors(image: Image, part: H7Part): readonly PartialSector[] {
  const ranges = imageRanges(image, part);
  return sectorContents(image, part).flatMap(({ sector, content, coveredBytes }) => {
    if (coveredBytes === sector.lengthBytes) return [];
    const inImage = ranges.filter(({ address }) => address >= sector.base && address < sector.base + sector.lengthBytes);
    return [{ sector, content, inImage, beside: between(sector, inImage) }];
  });
}

/** The ranges cut at every multiple of 4 KiB. */
export function blocksOf(ranges: readonly AddressedRange[]): readonly AddressedRange[] {
  return ranges.flatMap((range) => cutAtMultiples(range, BLOCK_BYTES));
}

/** What of `segments` lies in `ranges`. */
export function within(ranges: readonly AddressedRange[], segments: readonly Segment[]): readonly Segment[] {
  return ranges.flatMap(({ address, length }) =>
    segments.flatMap((segment) => {
      const from = Math.max(address, segment.address);
      const to = Math.min(address + length, segment.address + segment.bytes.length);
      return from < to ? [{ address: from, bytes: segment.bytes.subarray(from - segment.address, to - segment.address) }] : [];
    }),
  );
}

/** What of `ranges` no range of `covered` holds. @param covered in address order */
export function outside(ranges: readonly AddressedRange[], covered: readonly AddressedRange[]): readonly AddressedRange[] {
  return ranges.flatMap((range) => {
    const end = range.address + range.length;
    const inside = covered.filter(({ address, length }) => address < end && address + length > range.address);
    return between({ base: range.address, lengthBytes: range.length }, inside);
  });
}

/** Without the erased blocks of 32 bytes: runs of what is filled. */
export function filledRuns(segments: readonly Segment[]): readonly Segment[] {
  return segments.flatMap(({ address, bytes }) => {
    const runs: { address: number; length: number }[] = [];
    for (const grain of cutAtMultiples({ address, length: bytes.length }, GRAIN_BYTES)) {
      const last = runs.at(-1);
      if (isErased(bytes.subarray(grain.address - address, grain.address - address + grain.length))) continue;
      if (last !== undefined && last.address + last.length === grain.address) last.length += grain.length;
      else runs.push({ ...grain });
    }
    return runs.map((run) => ({ address: run.address, bytes: bytes.subarray(run.address - address, run.address - address + run.length) }));
  });
}

function between({ base, lengthBytes }: Pick<Sector, 'base' | 'lengthBytes'>, covered: readonly AddressedRange[]): AddressedRange[] {
  const gaps: AddressedRange[] = [];
  let from = base;
  for (const { address, length } of [...covered, { address: base + lengthBytes, length: 0 }]) {
    if (address > from) gaps.push({ address: from, length: address - from });
    from = address + length;
  }
  return gaps;
}
