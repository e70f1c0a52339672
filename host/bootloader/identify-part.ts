/** Which part is it, as far as the ROM bootloader tells? For `--direct`; the stub tells more, and is asked instead wherever it runs. */
import { choosePart } from '../device/choose-part.js';
import type { H7Part } from '../device/h7-part.js';
import { findParts } from '../device/h7-parts.js';
import type { RomSession } from './rom-session.js';

/**
 * From the device id and, where the ROM bootloader hands it out, the flash size register. Without it the largest part of the id is
 * assumed; what does not exist cannot be read back, so nothing is claimed that is not there.
 * @param say is told of an assumption
 */
export async function identifyPartThroughRom(rom: RomSession, deviceId: number, chip: string | undefined, say: (text: string) => void): Promise<H7Part> {
  const parts = findParts(deviceId);
  const largest = parts.reduce<H7Part | undefined>((best, part) => (best !== undefined && best.flashSizeKiB >= part.flashSizeKiB ? best : part), undefined);
  if (largest === undefined || chip !== undefined) return choosePart(deviceId, undefined, chip);
  // On H72x a Read Memory makes the next Write Memory lose its first 32 bytes (ST Community 795174): nothing is read there.
  const flashSizeKiB = largest.family === 'H72x' ? undefined : await readFlashSize(rom, largest.addresses.flashSize);
  if (flashSizeKiB !== undefined) return choosePart(deviceId, flashSizeKiB, undefined);
  say(`The size of the flash cannot be asked through the ROM bootloader: assuming ${largest.name}. --chip says it better.`);
  return largest;
}

async function readFlashSize(rom: RomSession, address: number): Promise<number | undefined> {
  const size = await rom.readIfAllowed(address, 4);
  return size && size[0]! | (size[1]! << 8);
}
