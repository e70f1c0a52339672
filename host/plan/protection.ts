/** Refuses, before anything is erased, what the part's option bytes forbid. */
import { StageFlashError, hex32 } from '../errors.js';
import type { MessageValues } from '../protocol/messages.js';
import type { Sector } from '../device/memory-map.js';
import { writtenSectors, type Plan } from './plan.js';

/** FLASH_OPTSR.RDP, bits 15:8 (RM0433 §4.9.8): 0xAA is level 0, 0xCC level 2, everything else level 1. */
const RDP_POSITION = 8;
const RDP_LEVEL_0 = 0xaa;
/** H7A: one WPSN bit stands for four sectors (RM0455 §4.9.18). */
const H7A_SECTORS_PER_BIT = 4;

/** @throws StageFlashError kind `refused` naming the sectors and what would lift their protection */
export function refuseProtected(plan: Plan, facts: MessageValues<'facts'>): void {
  const rdp = (facts.optsr >>> RDP_POSITION) & 0xff;
  if (rdp !== RDP_LEVEL_0) {
    throw new StageFlashError('refused', `the flash is read-out protected (RDP byte 0x${rdp.toString(16)})`, {
      hint: 'Lifting it erases everything: AN3155 Readout Unprotect, or ST’s tools.',
    });
  }
  const isProtected = (sector: Sector): boolean => {
    const bit = plan.part.family === 'H7Ax' ? Math.floor(sector.indexInBank / H7A_SECTORS_PER_BIT) : sector.indexInBank;
    return (((sector.bankIndex === 0 ? facts.wpsn1 : facts.wpsn2) >>> bit) & 1) === 0;
  };
  const sectors = writtenSectors(plan).map((planned) => planned.sector).filter(isProtected);
  if (sectors.length === 0) return;
  throw new StageFlashError('refused', `write-protected: the sector${sectors.length === 1 ? '' : 's'} at ${sectors.map((sector) => hex32(sector.base)).join(', ')}`, {
    hint: 'Set their bits in the option bytes FLASH_WPSN1R/2R (ST’s tools do that) and run the same command again.',
  });
}
