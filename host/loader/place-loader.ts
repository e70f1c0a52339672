/**
 * Loader → RAM. The ROM bootloader checks what it takes with one XOR byte, so of frames in which two bits turned over some pass; and what lies there is
 * called next. On a line that has damaged anything, it is therefore read again first. Three round trips a frame, on such lines only.
 */
import { MAX_TRANSFER_BYTES } from '../bootloader/an3155.js';
import type { RomSession } from '../bootloader/rom-session.js';
import { StageFlashError, hex32 } from '../errors.js';

/** On H72x a Write Memory after a Read Memory may lose its first 32 bytes (ST Community 795174): this one may. */
const SACRIFICE_BYTES = 32;
/** Of one frame; what comes back differs also when only the answer was damaged. */
const MOST_READS = 16;

type Bootloader = Pick<RomSession, 'writeRam' | 'readMemory' | 'hasDamaged'>;

/**
 * @param mayRead false where 0x11, the code of Read Memory, must not cross the wire: what was damaged is found by the loader's silence, then
 * @throws StageFlashError kind `bootloader` when what is read stays different
 */
export async function placeLoader(rom: Bootloader, address: number, image: Uint8Array, { mayRead }: { readonly mayRead: boolean } = { mayRead: true }): Promise<void> {
  const frames = Array.from({ length: Math.ceil(image.length / MAX_TRANSFER_BYTES) }, (_, index) => ({
    at: address + index * MAX_TRANSFER_BYTES, bytes: image.subarray(index * MAX_TRANSFER_BYTES, (index + 1) * MAX_TRANSFER_BYTES),
  }));
  for (const { at, bytes } of frames) await rom.writeRam(at, bytes);
  if (!rom.hasDamaged || !mayRead) return;
  for (const { at, bytes } of frames) await makeSure(rom, at, bytes);
}

async function makeSure(rom: Bootloader, at: number, bytes: Uint8Array): Promise<void> {
  for (let reads = 0; reads < MOST_READS; reads++) {
    const found = await rom.readMemory(at, bytes.length);
    if (bytes.every((byte, index) => byte === found[index])) return;
    await rom.writeRam(at, bytes.subarray(0, SACRIFICE_BYTES));
    await rom.writeRam(at, bytes);
  }
  throw new StageFlashError('bootloader', `what was written to ${hex32(at)} reads differently, ${MOST_READS} times`, { hint: 'The line damages too much: lower the bit rate, or see what `stage-flash doctor` finds.' });
}
