/** Images to measure with. */
import { Random } from '../board/random.js';
import type { Image } from '../image/image.js';

/** Bytes that no compressor can do anything with, behind a plausible vector table; the same on every machine. */
export function incompressibleImage(lengthBytes: number, seed = 1): Image {
  const bytes = new Random(seed).fill(new Uint8Array(lengthBytes));
  const vectors = new DataView(bytes.buffer);
  vectors.setUint32(0, 0x20020000, true);
  vectors.setUint32(4, 0x08000201, true);
  return { source: `${lengthBytes / 1024} KiB of noise`, format: 'raw binary', segments: [{ address: 0x08000000, bytes }] };
}
