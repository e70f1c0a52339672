/** An image as whole sectors. Pure. */
import type { H7Part } from '../device/h7-part.js';
import { sectorsCovering, type Sector } from '../device/memory-map.js';
import { segmentEnd, type Image } from '../image/image.js';
import { ERASED } from './erased.js';

export interface SectorContent {
  readonly sector: Sector;
  readonly content: Uint8Array;
  readonly coveredBytes: number;
}

/** The sectors that an image touches, in address order, with 0xFF where it has nothing. */
export function sectorContents(image: Image, part: H7Part): readonly SectorContent[] {
  const covered = new Map<number, { sector: Sector; content: Uint8Array; coveredBytes: number }>();
  for (const segment of image.segments) {
    for (const sector of sectorsCovering(part, { address: segment.address, lengthBytes: segment.bytes.length })) {
      const entry = covered.get(sector.number) ?? { sector, content: new Uint8Array(sector.lengthBytes).fill(ERASED), coveredBytes: 0 };
      const from = Math.max(sector.base, segment.address);
      const to = Math.min(sector.base + sector.lengthBytes, segmentEnd(segment));
      entry.content.set(segment.bytes.subarray(from - segment.address, to - segment.address), from - sector.base);
      entry.coveredBytes += to - from;
      covered.set(sector.number, entry);
    }
  }
  return [...covered.values()].sort((a, b) => a.sector.number - b.sector.number);
}
