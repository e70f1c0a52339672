/** Parts and images for plans. */
import { H7_PARTS } from '../../host/device/h7-parts.js';
import type { H7Part } from '../../host/device/h7-part.js';
import { createImage, type Image, type Segment } from '../../host/image/image.js';
import { Random } from '../../host/board/random.js';

export const part = (name: string): H7Part => H7_PARTS.find((one) => one.name === name)!;

/** Random bytes, none of them 0xFF, so that no flash word looks erased. */
export function run(address: number, lengthBytes: number, seed = address): Segment {
  const bytes = new Random(seed).fill(new Uint8Array(lengthBytes)).map((byte) => (byte === 0xff ? 0xfe : byte));
  return { address, bytes };
}

export const image = (...segments: readonly Segment[]): Image => createImage('fw.hex', 'Intel HEX', segments);
