/** What erased flash looks like. */
import { crc32 } from '../protocol/crc32.js';

export const ERASED = 0xff;

const digests = new Map<number, number>();

/** CRC-32 of so many erased bytes. */
export function erasedDigest(lengthBytes: number): number {
  const digest = digests.get(lengthBytes) ?? crc32(new Uint8Array(lengthBytes).fill(ERASED));
  digests.set(lengthBytes, digest);
  return digest;
}

export function isErased(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== ERASED) return false;
  return true;
}
