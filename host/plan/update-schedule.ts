/**
 * An update in place: which old sector the stub copies into which slot of its RAM before it is erased, and what old content can therefore still be
 * read while each sector is produced. Pure.
 */
import { sectors, type Sector } from '../device/memory-map.js';
import type { Plan } from './plan.js';

export interface KeptSector {
  readonly sector: Sector;
  readonly slot: number;
}

/** One sector that is produced from the stream. */
export interface UpdateStep {
  readonly sector: Sector;
  /** Copied and erased before this sector's content is unpacked: itself, if that has not been done, and where there is room the next one. */
  readonly keeps: readonly KeptSector[];
  /** Whose old content is in RAM, or untouched in flash, while this sector is unpacked. */
  readonly readable: readonly Sector[];
}

/**
 * Undefined where no slot is free. With one slot each sector is erased, and then written; with more, the next sector is erased
 * meanwhile, and the others hold what came before: content that has moved up is found there.
 */
export function updateSchedule(plan: Plan, slots: number): readonly UpdateStep[] | undefined {
  const sent = plan.erases.filter((sector) => sector.number !== plan.kept?.sector.number);
  const firstSlot = plan.kept === undefined ? 0 : 1;
  const free = slots - firstSlot;
  if (free < 1 || sent.length === 0) return undefined;
  const ahead = free > 1 ? 1 : 0;
  const erased = new Set(plan.kept === undefined ? [] : [plan.kept.sector.number]);
  let next = 0;
  return sent.map((sector, index): UpdateStep => {
    const keeps: KeptSector[] = [];
    for (; next <= Math.min(index + ahead, sent.length - 1); next++) {
      keeps.push({ sector: sent[next]!, slot: firstSlot + (next % free) });
      erased.add(sent[next]!.number);
    }
    const inRam = sent.slice(Math.max(0, next - free), next);
    // Another bank may be erasing for a second; what stays as it is can be waited for.
    const inFlash = sectors(plan.part).filter((other) => !erased.has(other.number) && (other.bankIndex === sector.bankIndex || !plan.erases.some(({ number }) => number === other.number)));
    return { sector, keeps, readable: [...inRam, ...(plan.kept ? [plan.kept.sector] : []), ...inFlash] };
  });
}
