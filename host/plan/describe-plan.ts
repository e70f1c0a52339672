/** Plan → words. */
import type { Sector } from '../device/memory-map.js';
import { hex32 } from '../errors.js';
import { programmedBytes, writtenSectors, type Plan } from './plan.js';

/** What will be erased and what that costs, before it happens; one line each. */
export function describeSectors(plan: Plan): string[] {
  const written = writtenSectors(plan);
  if (written.length === 0) return [`All ${plan.sectors.length} sectors of the image are right already.`];
  const lines = [`Erasing and writing ${written.length} of ${plan.sectors.length} sectors: ${describeRuns(written.map(({ sector }) => sector))}.`];
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
export function describeRuns(sectors: readonly Pick<Sector, 'base' | 'lengthBytes'>[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const { base, lengthBytes } of sectors) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === base) last.to += lengthBytes;
    else ranges.push({ from: base, to: base + lengthBytes });
  }
  return ranges.map((range) => `${hex32(range.from)}-${hex32(range.to - 1)}`).join(', ');
}
