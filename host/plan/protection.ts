/** Refuses, before anything is erased, what the part's option bytes forbid. */
import type { H7Part } from '../device/h7-part.js';
import type { Sector } from '../device/memory-map.js';
import { isWriteProtected, rdpByte, rdpLevel, type OptionRegisters } from '../device/option-bytes.js';
import { StageFlashError, hex32 } from '../errors.js';

/**
 * @param sectors that would be erased
 * @throws StageFlashError kind `refused` naming the sectors and what would lift their protection
 */
export function refuseProtected(part: H7Part, sectors: readonly Sector[], registers: OptionRegisters): void {
  if (rdpLevel(registers) !== 0) {
    throw new StageFlashError('refused', `the flash is read-out protected (RDP byte 0x${rdpByte(registers).toString(16)})`, {
      hint: 'Lifting it erases everything: AN3155 Readout Unprotect (`stm32flash -k`), or STM32CubeProgrammer.',
    });
  }
  const locked = sectors.filter((sector) => isWriteProtected(part, registers, sector));
  if (locked.length === 0) return;
  throw new StageFlashError('refused', `write-protected: the sector${locked.length === 1 ? '' : 's'} at ${locked.map((sector) => hex32(sector.base)).join(', ')}`, {
    hint: 'Set their bits in the option bytes FLASH_WPSN1R/2R (STM32CubeProgrammer does that) and run the same command again.',
  });
}
