/** Which part is it? One device id covers many; the flash size register and the user narrow it down. */
import type { RomSession } from '../bootloader/rom-session.js';
import { StageFlashError } from '../errors.js';
import type { MessageValues } from '../protocol/messages.js';
import { findParts } from './h7-parts.js';
import type { H7Part } from './h7-part.js';

/** From what the stub says. @throws StageFlashError kind `refused` */
export function identifyPart(facts: MessageValues<'facts'>, chip: string | undefined): H7Part {
  return choosePart(facts.idcode & 0xfff, facts.flashSizeKiB, chip);
}

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
  try {
    const size = await rom.readMemory(address, 4);
    return size[0]! | (size[1]! << 8);
  } catch (error) {
    if (error instanceof StageFlashError && error.kind === 'bootloader') return undefined;
    throw error;
  }
}

function choosePart(deviceId: number, flashSizeKiB: number | undefined, chip: string | undefined): H7Part {
  const candidates = findParts(deviceId, flashSizeKiB);
  const board = `device id 0x${deviceId.toString(16)}${flashSizeKiB === undefined ? '' : ` with ${flashSizeKiB} KiB of flash`}`;
  const [first] = candidates;
  if (first === undefined) {
    throw new StageFlashError('refused', `the board has ${board}, which stage-flash does not know`, { hint: 'It knows STM32H72x/73x, H74x/75x and H7A3/7B0/7B3.' });
  }
  if (chip === undefined) return first;
  const named = candidates.find((part) => part.name.toLowerCase() === chip.toLowerCase());
  if (named !== undefined) return named;
  throw new StageFlashError('refused', `--chip says ${chip}, but the board has ${board}`, {
    hint: `That could be ${candidates.map((part) => part.name).join(', ')}. Is this the right board?`,
  });
}
