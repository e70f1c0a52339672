/** CRC-32 as everybody knows it (IEEE 802.3, reflected, zlib's): check value of "123456789" is 0xCBF43926. */
import crc32Package from 'crc-32';

/** @param seed the CRC of the bytes before, to go on from. @returns unsigned. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return crc32Package.buf(bytes, seed | 0) >>> 0;
}
