/** How deep the stack of a program may grow: never out of its RAM, and not beyond what the board grants to code that shares that RAM. */
import type { H7Part } from '../device/h7-part.js';

/**
 * The lowest value that the main stack pointer may take; 0 where it does not begin at or in RAM.
 * @param grantedBytes Infinity for code elsewhere: then only the RAM's own beginning counts
 */
export function stackLimit({ ram }: H7Part, stackPointer: number, grantedBytes: number): number {
  const region = ram.find(({ base, lengthBytes }) => stackPointer > base && stackPointer <= base + lengthBytes);
  return region === undefined ? 0 : Math.max(region.base, stackPointer - grantedBytes);
}

export function isInRam({ ram }: H7Part, address: number): boolean {
  return ram.some(({ base, lengthBytes }) => address >= base && address < base + lengthBytes);
}
