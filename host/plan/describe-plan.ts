/** Plan → words. */
import { hex32 } from '../errors.js';
import { programmedBytes, writtenSectors, type Plan, type PlannedSector } from './plan.js';

/** What will be erased and what that costs, before it happens; one line each. */
export function describeSectors(plan: Plan): string[] {
  const written = writtenSectors(plan);
  if (written.length === 0) return [`All ${plan.sectors.length} sectors of the image are right already.`];
  const lines = [`Erasing and writing ${written.length} of ${plan.sectors.length} sectors: ${runs(written)}.`];
  const lostBytes = written.reduce((sum, planned) => sum + planned.uncoveredBytes, 0);
  if (lostBytes > 0) lines.push(`${lostBytes} bytes of these sectors are not part of the image and will be erased.`);
  return lines;
}

/** One line a sector, for --dry-run. */
export function describePlan(plan: Plan): string {
  const lines = plan.sectors.map((planned) => `${hex32(planned.sector.base)}  ${planned.isWritten ? 'erase, write' : 'right already'}`);
  return [`sector      what happens`, ...lines, `${programmedBytes(plan)} bytes would be programmed.`].join('\n');
}

/** `0x08000000-0x0803FFFF, 0x08100000-0x0811FFFF`. */
function runs(sectors: readonly PlannedSector[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const { sector } of sectors) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === sector.base) last.to += sector.lengthBytes;
    else ranges.push({ from: sector.base, to: sector.base + sector.lengthBytes });
  }
  return ranges.map((range) => `${hex32(range.from)}-${hex32(range.to - 1)}`).join(', ');
}
