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

/** From the device id and the flash size register as the ROM bootloader reads it. Three round trips. */
export async function identifyPartThroughRom(rom: RomSession, deviceId: number, chip: string | undefined): Promise<H7Part> {
  const [anyPart] = findParts(deviceId);
  if (anyPart === undefined) return choosePart(deviceId, undefined, chip);
  const size = await rom.readMemory(anyPart.addresses.flashSize, 4);
  return choosePart(deviceId, size[0]! | (size[1]! << 8), chip);
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
