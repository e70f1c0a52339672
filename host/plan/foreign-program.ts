/** Refuses a program that was linked for another part than the one at hand: it would be flashed and proven, and not run. */
import type { H7Part } from '../device/h7-part.js';
import { bankIndexAt } from '../device/memory-map.js';
import { StageFlashError, hex32 } from '../errors.js';
import { programVectors } from '../image/check-image.js';
import type { Image } from '../image/image.js';

/** TCM_AXI_SHARED can give H72x so much ITCM (RM0468); what the option says is not asked. */
const LARGEST_ITCM_H72X_END = 0x4_0000;

/** @throws StageFlashError kind `refused`; data that is no program passes */
export function refuseForeignProgram(image: Image, part: H7Part): void {
  const vectors = programVectors(image);
  if (vectors === undefined) return;
  const { stackPointer, resetVector } = vectors;
  if (!mayBeginStack(part, stackPointer)) refuse(image, part, `its stack begins at ${hex32(stackPointer)}, where this part has no RAM`);
  if (bankIndexAt(part, resetVector) === undefined) refuse(image, part, `its reset vector ${hex32(resetVector)} points to where this part has no flash`);
}

/** A stack may begin at the very end of its RAM: it grows down from there. */
export function mayBeginStack(part: H7Part, stackPointer: number): boolean {
  if (part.family === 'H72x' && stackPointer <= LARGEST_ITCM_H72X_END) return true;
  return part.ram.some(({ base, lengthBytes }) => stackPointer > base && stackPointer <= base + lengthBytes);
}

function refuse(image: Image, part: H7Part, why: string): never {
  throw new StageFlashError('refused', `${image.source} is no program for ${part.name}: ${why}`, { hint: 'It is linked for another part. Is this the right image, and the right board?' });
}
