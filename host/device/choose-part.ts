/** Which part is it? One device id covers many; the flash size register and the user narrow it down. */
import { StageFlashError } from '../errors.js';
import { findParts } from './h7-parts.js';
import type { H7Part } from './h7-part.js';

/**
 * @param deviceId DBGMCU_IDCODE bits 11:0, the answer to Get ID
 * @param flashSizeKiB content of the flash size register; undefined when it could not be read
 * @param chip what the user says
 * @throws StageFlashError kind `refused` for an unknown device, and when the user says something else
 */
export function choosePart(deviceId: number, flashSizeKiB: number | undefined, chip: string | undefined): H7Part {
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
