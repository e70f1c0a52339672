/**
 * Where the stub may copy sectors to: whole blocks of 128 KiB behind its window (PROTOCOL.md §8), in RAM that the part has. SRAM1 and SRAM2 count
 * where each is such a block; the stub has switched them on.
 */
import type { H7Part } from '../device/h7-part.js';
import { LIMITS } from '../protocol/wire.js';

const BLOCK_BYTES = LIMITS.copyBytes.value;
const FIRST = LIMITS.copiesAddress.value;
const END = LIMITS.copiesEnd.value;

export function copyPlaces(part: H7Part): readonly number[] {
  return part.ram.flatMap(({ base, lengthBytes }) => {
    const from = Math.max(base, FIRST);
    const blocks = Math.max(0, Math.floor((Math.min(base + lengthBytes, END) - from) / BLOCK_BYTES));
    return Array.from({ length: blocks }, (_, block) => from + block * BLOCK_BYTES);
  });
}
