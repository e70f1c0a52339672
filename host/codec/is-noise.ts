/** Is packing worth the trouble? A second of deflate tells what would take LZMA ten. */
import { deflateRawSync } from 'node:zlib';

/** Encrypted or compressed content grows a little, code shrinks by a third even here. */
const NOISE_RATIO = 0.99;

export function isNoise(bytes: Uint8Array): boolean {
  return deflateRawSync(bytes, { level: 1 }).length >= NOISE_RATIO * bytes.length;
}
