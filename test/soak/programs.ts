/** Images that start: a vector table, a loop, and content behind it, over as many sectors as a test wants. */
import type { Segment } from '../../host/image/image.js';
import { garbage } from '../e2e/virtual-board.js';

/** Vector table of a Cortex-M7 without the device's own interrupts: sixteen words. */
const VECTOR_BYTES = 64;
const STACK_TOP = 0x2002_0000;
/** Thumb: `b .` */
const LOOP_FOREVER = 0xe7fe;

/** The vector table at `address` and `lengthBytes` from there: the program loops, in the middle of seeded content. */
export function program(address: number, lengthBytes: number, seed: number): Segment {
  const bytes = garbage(lengthBytes, seed);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, STACK_TOP, true);
  for (let vector = 4; vector < VECTOR_BYTES; vector += 4) view.setUint32(vector, address + VECTOR_BYTES + 1, true);
  view.setUint16(VECTOR_BYTES, LOOP_FOREVER, true);
  return { address, bytes };
}

/** Content that packs to about half: every second run of 16 bytes is one of eight. */
export function packable({ address, bytes }: Segment): Segment {
  const packed = bytes.slice();
  for (let at = VECTOR_BYTES * 2; at + 16 <= packed.length; at += 32) packed.set(bytes.subarray(0, 16).map((byte, index) => byte ^ (((at >> 5) * 7 + index) & 7)), at);
  return { address, bytes: packed };
}

/** The program before, but for a byte in each hundred. */
export function changed({ address, bytes }: Segment, before: Segment): Segment {
  const after = before.bytes.slice();
  for (let at = VECTOR_BYTES * 2; at < after.length; at += 100) after[at] = bytes[at]!;
  return { address, bytes: after };
}
