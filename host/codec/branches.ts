/**
 * BL and B.W are two half-words: 11110 and the high 11 bits of the offset from their address + 4, 1x111 and its low 11 bits, in half-words (ARMv7-M
 * ARM, encodings T1 of BL and T4 of B.W, with J1 = J2 = 1: within 4 MiB). The two patterns exclude one another and stay whatever the offset, so a pair is
 * recognised before and after it is changed, without looking further.
 */
export function isBranch(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 1]! & 0xf8) === 0xf0 && (bytes[at + 3]! & 0xb8) === 0xb8;
}

/** In half-words, without a sign: modulo 2^22. */
export function branchOffset(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1]! & 7) << 19) | (bytes[at]! << 11) | ((bytes[at + 3]! & 7) << 8) | bytes[at + 2]!;
}

export function moveBranch(bytes: Uint8Array, at: number, offset: number): void {
  bytes[at] = offset >>> 11;
  bytes[at + 1] = 0xf0 | ((offset >>> 19) & 7);
  bytes[at + 2] = offset;
  bytes[at + 3] = (bytes[at + 3]! & 0xf8) | ((offset >>> 8) & 7);
}
