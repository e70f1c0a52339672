/** Refuses, before anything is erased, what the part's option bytes forbid. */
import type { H7Part } from '../device/h7-part.js';
import type { Sector } from '../device/memory-map.js';
import { isWriteProtected, protectedAreas, rdpByte, rdpLevel, type OptionRegisters } from '../device/option-bytes.js';
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

/**
 * The flash controller refuses the erase of a sector that holds a byte of either kind (WRPERR), and reading it (RM0433 §4.5): such a sector never reads right, so it must not be
 * among those that an image touches at all.
 * @throws StageFlashError kind `refused`
 */
export function refuseAreas(part: H7Part, sectors: readonly Sector[], registers: OptionRegisters): void {
  for (const { kind, address, lengthBytes } of protectedAreas(part, registers)) {
    const touched = sectors.filter(({ base, lengthBytes: sectorBytes }) => base < address + lengthBytes && base + sectorBytes > address);
    if (touched.length === 0) continue;
    const area = `${hex32(address)}-${hex32(address + lengthBytes - 1)}`;
    throw new StageFlashError('refused', `${kind === 'secure' ? 'a secure area' : 'an execute-only area (PCROP)'} at ${area} lies in the sector${touched.length === 1 ? '' : 's'} at ${touched.map(({ base }) => hex32(base)).join(', ')}`, {
      hint: kind === 'secure'
        ? 'Only code of that area, or an erase of the whole bank with DMES set in FLASH_SCAR, ends it (STM32CubeProgrammer); flash an image that stays outside.'
        : 'It goes with a change of the read-out protection from level 1 to 0, or an erase of the whole bank, with DMEP set in FLASH_PRAR (STM32CubeProgrammer); flash an image that stays outside.',
    });
  }
}
