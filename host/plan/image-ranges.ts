/** The bytes of an image, no more, as ranges that each lie in one sector, and the digest that each must have. Pure. */
import type { H7Part } from '../device/h7-part.js';
import { sectorsCovering } from '../device/memory-map.js';
import { segmentEnd, type Image } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import type { ProofRange } from './stream.js';

/** @param image lies in the part's flash */
export function imageRanges(image: Image, part: H7Part): readonly ProofRange[] {
  return image.segments.flatMap((segment) =>
    sectorsCovering(part, { address: segment.address, lengthBytes: segment.bytes.length }).map((sector) => {
      const address = Math.max(sector.base, segment.address);
      const end = Math.min(sector.base + sector.lengthBytes, segmentEnd(segment));
      return { address, length: end - address, digest: crc32(segment.bytes.subarray(address - segment.address, end - segment.address)) };
    }),
  );
}
